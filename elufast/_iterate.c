#include "_iterate.h"

#include <float.h>
#include <math.h>

#include "_bfloat16.h"
#include "_extents.h"
#include "_item_types.h"
#include "_walk.h"

#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

/* Elements from which on the preparation (some 2 us) pays even with one thread.
 * benchmarks/layouts.py --sizes 4096 8192 16384 --threads 1 */
static const double MIN_ELEMENTS = 16384;

/* Names, made once and never changed. */
static PyObject *out_name, *resolve_name;

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
static _Atomic unsigned long iterated_calls;
#else
static volatile unsigned long iterated_calls;
#endif

unsigned long elufast_iterated_calls(void) { return iterated_calls; }

int elufast_prepare_iterating(void) {
    out_name = PyUnicode_InternFromString("out");
    resolve_name = PyUnicode_InternFromString("resolve_dtypes");
    return out_name != NULL && resolve_name != NULL ? 0 : -1;
}

/* ---- which calls to take ---- */

/* The longest dimension, as long as there is only one; else a number that is too large. */
static npy_intp longest_dimension(PyObject *const *objects, Py_ssize_t count) {
    npy_intp longest = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        npy_intp length = 0;
        if (PyArray_CheckExact(objects[i])) {
            PyArrayObject *array = (PyArrayObject *)objects[i];
            if (PyArray_NDIM(array) > 1) return NPY_MAX_INTP;
            if (PyArray_NDIM(array) == 1) length = PyArray_DIM(array, 0);
        } else if (PyTuple_CheckExact(objects[i])) {
            PyTupleObject *tuple = (PyTupleObject *)objects[i];
            length = longest_dimension(tuple->ob_item, PyTuple_GET_SIZE(objects[i]));
        }
        if (length > longest) longest = length;
    }
    return longest;
}

/* In a few nanoseconds for the calls whose price that matters to: short vectors and numbers. */
static int is_short(const elufast_arguments *a) {
    Py_ssize_t keywords = a->keywords == NULL ? 0 : PyTuple_GET_SIZE(a->keywords);
    return (double)longest_dimension(a->args, a->count + keywords) < MIN_ELEMENTS;
}

typedef struct {
    const elufast_function *function;
    int inputs, operands;
    PyObject *given[ELUFAST_MAX_OPERANDS]; /* borrowed; NULL: an output to be allocated */
} request;

/* NumPy itself tells what is wrong with a call that this turns down. */
static int read_outputs(request *r, const elufast_arguments *a) {
    const int nout = r->function->out;
    Py_ssize_t extra = a->count - r->inputs;
    Py_ssize_t keywords = a->keywords == NULL ? 0 : PyTuple_GET_SIZE(a->keywords);
    PyObject *const *items = a->args + r->inputs;
    Py_ssize_t count = extra > 0 ? extra : 0;
    if (keywords > 0) {
        if (keywords > 1 || count > 0 || PyTuple_GET_ITEM(a->keywords, 0) != out_name) return 0;
        PyObject *const *out = &a->args[a->count];
        int is_tuple = PyTuple_CheckExact(*out);
        if (is_tuple ? PyTuple_GET_SIZE(*out) != nout : nout != 1 && *out != Py_None) return 0;
        items = is_tuple ? ((PyTupleObject *)*out)->ob_item : out;
        count = is_tuple ? nout : 1;
    }
    for (int i = 0; i < nout; i++) {
        PyObject *item = i < count ? items[i] : Py_None;
        if (item != Py_None && !PyArray_CheckExact(item)) return 0;
        r->given[r->inputs + i] = item == Py_None ? NULL : item;
    }
    return 1;
}

/* The number of elements after broadcasting; too large where the shapes do not fit. */
static double broadcast_size(const request *r) {
    double size = 1;
    for (int axis = 0;; axis++) {
        npy_intp longest = 1;
        int is_last = 1;
        for (int k = 0; k < r->operands; k++) {
            PyArrayObject *array = (PyArrayObject *)r->given[k];
            if (array == NULL || !PyArray_CheckExact(array)) continue;
            int place = PyArray_NDIM(array) - 1 - axis;
            if (place < 0) continue;
            is_last = is_last && place == 0;
            if (PyArray_DIMS(array)[place] != 1) longest = PyArray_DIMS(array)[place];
        }
        size *= (double)longest;
        if (is_last) return size;
    }
}

static int is_float(int type) { return PyTypeNum_ISFLOAT(type) || elufast_is_bfloat16(type); }

static int is_weak(PyObject *object) {
    return PyFloat_CheckExact(object) || PyLong_CheckExact(object);
}

static int is_numpy_scalar(PyObject *object) {
    if (!PyArray_IsScalar(object, Generic)) return 0;
    PyArray_Descr *descr = PyArray_DescrFromScalar(object);
    int is_ours = 0;
    if (descr == NULL) {
        PyErr_Clear();
    } else if ((PyTypeObject *)descr->typeobj == Py_TYPE(object)) {
        is_ours = PyTypeNum_ISNUMBER(descr->type_num) || PyTypeNum_ISBOOL(descr->type_num) ||
                  elufast_is_bfloat16(descr->type_num);
    }
    Py_XDECREF(descr);
    return is_ours;
}

static int same_layout(PyArrayObject *a, PyArrayObject *b) {
    const int order = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;
    return PyArray_DESCR(a) == PyArray_DESCR(b) && PyArray_NDIM(a) == PyArray_NDIM(b) &&
           PyArray_CompareLists(PyArray_DIMS(a), PyArray_DIMS(b), PyArray_NDIM(a)) &&
           (PyArray_FLAGS(a) & PyArray_FLAGS(b) & order) != 0;
}

/* An array without axes, which NumPy's one loop takes with a step of 0. */
static int is_number_like(PyArrayObject *array, PyArrayObject *first) {
    return array != first && PyArray_NDIM(array) == 0 && PyArray_ISBEHAVED_RO(array) &&
           PyArray_DESCR(array) == PyArray_DESCR(first);
}

/* Whether NumPy gives all of it to one inner loop: contiguous arrays of one type, and numbers. */
static int is_one_loop(const request *r) {
    PyArrayObject *first = NULL;
    for (int k = 0; k < r->operands; k++) {
        PyObject *object = r->given[k];
        if (object == NULL || is_weak(object)) continue;
        if (!PyArray_CheckExact(object)) return 0;
        PyArrayObject *array = (PyArrayObject *)object;
        if (first == NULL) {
            if (!is_float(PyArray_TYPE(array)) || !PyArray_ISBEHAVED_RO(array)) return 0;
            first = array;
        }
        if (k < r->inputs && is_number_like(array, first)) continue;
        if (!PyArray_ISALIGNED(array) || !same_layout(first, array)) return 0;
    }
    return 1;
}

static int accept(request *r, const elufast_arguments *a) {
    const elufast_function *f = a->function;
    r->function = f;
    r->inputs = f->data + f->parameters;
    r->operands = r->inputs + f->out;
    for (int i = 0; i < r->inputs; i++) {
        r->given[i] = i < a->count ? a->args[i] : a->defaults[i - f->data];
    }
    if (!read_outputs(r, a) || broadcast_size(r) < MIN_ELEMENTS || is_one_loop(r)) return 0;
    for (int i = 0; i < r->inputs; i++) {
        PyObject *object = r->given[i];
        if (!PyArray_CheckExact(object) && !is_weak(object) && !is_numpy_scalar(object)) return 0;
    }
    return 1;
}

/* ---- types ---- */

/* The loop that NumPy's own rules choose, -1 if they choose none. */
static int chosen_loop(const request *r, PyObject *ufunc, PyArrayObject *const *arrays) {
    int kind = -1;
    PyObject *types = PyTuple_New(r->operands), *resolved = NULL;
    if (types == NULL) return -1;
    for (int k = 0; k < r->operands; k++) {
        PyObject *type = Py_None;
        if (arrays[k] != NULL) {
            type = (PyObject *)PyArray_DESCR(arrays[k]);
        } else if (k < r->inputs) {
            type = (PyObject *)Py_TYPE(r->given[k]);
        }
        PyTuple_SET_ITEM(types, k, Py_NewRef(type));
    }
    resolved = PyObject_CallMethodOneArg(ufunc, resolve_name, types);
    Py_DECREF(types);
    if (resolved == NULL) return -1;
    kind = elufast_kind_of((PyArray_Descr *)PyTuple_GET_ITEM(resolved, 0));
    for (int k = 1; k < r->operands; k++) {
        if (elufast_kind_of((PyArray_Descr *)PyTuple_GET_ITEM(resolved, k)) != kind) kind = -1;
    }
    Py_DECREF(resolved);
    return kind;
}

/* Whether the number has a normal value in the type, so that its rounding raises no flag. */
static int fits(PyObject *number, int type) {
    double value = fabs(PyFloat_AsDouble(number));
    if (value == -1 && PyErr_Occurred()) return 0;
    if (value == 0 || !isfinite(value)) return 1;
    switch (type) {
        case NPY_HALF:
            return value >= 0x1p-14 && value <= 65504;
        case NPY_FLOAT:
            return value >= FLT_MIN && value <= FLT_MAX;
        default:
            return !elufast_is_bfloat16(type) || (value >= FLT_MIN && value <= 0x1.FEp127);
    }
}

/* ---- the call ---- */

typedef struct {
    PyArrayObject *arrays[ELUFAST_MAX_OPERANDS]; /* owned; NULL: to be allocated */
    NpyIter *iter;
} work;

static void discard(work *w, int operands) {
    for (int k = 0; k < operands; k++) Py_XDECREF(w->arrays[k]);
}

static int take_arrays(const request *r, work *w) {
    for (int k = 0; k < r->operands; k++) {
        PyObject *object = r->given[k];
        if (object == NULL || is_weak(object)) continue;
        w->arrays[k] = PyArray_CheckExact(object)
                           ? (PyArrayObject *)Py_NewRef(object)
                           : (PyArrayObject *)PyArray_FromAny(object, NULL, 0, 0, 0, NULL);
        if (w->arrays[k] == NULL) return 0;
    }
    return 1;
}

static int take_numbers(const request *r, work *w, int type) {
    for (int k = 0; k < r->inputs; k++) {
        if (w->arrays[k] != NULL) continue;
        if (!fits(r->given[k], type)) return 0;
        w->arrays[k] = (PyArrayObject *)PyArray_FromAny(r->given[k], PyArray_DescrFromType(type), 0,
                                                        0, 0, NULL);
        if (w->arrays[k] == NULL) return 0;
    }
    return 1;
}

/* With the flags of NumPy's own ufunc machinery, so that outputs are allocated and overlapping
 * operands are copied as there; but nothing is cast. */
static int make_iterator(const request *r, work *w, int type) {
    npy_uint32 flags[ELUFAST_MAX_OPERANDS];
    PyArray_Descr *descrs[ELUFAST_MAX_OPERANDS];
    PyArray_Descr *descr = PyArray_DescrFromType(type);
    for (int k = 0; k < r->operands; k++) {
        flags[k] = NPY_ITER_OVERLAP_ASSUME_ELEMENTWISE;
        flags[k] |= k < r->inputs ? NPY_ITER_READONLY
                                  : NPY_ITER_WRITEONLY | NPY_ITER_ALLOCATE | NPY_ITER_NO_BROADCAST |
                                        NPY_ITER_NO_SUBTYPE;
        descrs[k] = w->arrays[k] == NULL ? descr : NULL;
    }
    w->iter =
        NpyIter_MultiNew(r->operands, w->arrays, NPY_ITER_ZEROSIZE_OK | NPY_ITER_COPY_IF_OVERLAP,
                         NPY_KEEPORDER, NPY_UNSAFE_CASTING, flags, descrs);
    Py_DECREF(descr);
    return w->iter != NULL;
}

/* The order in which elements are written matters otherwise. */
static int has_separate_outputs(const request *r, const work *w) {
    PyArrayObject *const *out = w->arrays + r->inputs;
    for (int i = 0; i < r->function->out; i++) {
        if (out[i] != NULL && !elufast_has_separate_elements(out[i])) return 0;
    }
    if (r->function->out < 2 || out[0] == NULL || out[1] == NULL) return 1;
    elufast_extent a = elufast_extent_of(out[0]), b = elufast_extent_of(out[1]);
    return a.end <= b.first || b.end <= a.first;
}

/* ---- what is walked through ---- */

static int describe_types(const request *r, const work *w, elufast_walk *walk) {
    for (int k = 0; k < r->operands; k++) {
        elufast_operand *operand = &walk->operands[k];
        operand->item = walk->item;
        if (w->arrays[k] != NULL && !elufast_item_of(PyArray_DESCR(w->arrays[k]), &operand->item)) {
            return 0;
        }
    }
    return elufast_can_walk(walk);
}

static void describe_operand(elufast_operand *o, PyArrayObject *array, int axes) {
    npy_intp alignment = PyDataType_ALIGNMENT(PyArray_DESCR(array));
    npy_uintp bits = (npy_uintp)o->first;
    for (int axis = 0; axis < axes; axis++) bits |= (npy_uintp)o->steps[axis];
    o->size = (size_t)PyArray_ITEMSIZE(array);
    o->is_swapped = PyArray_ISBYTESWAPPED(array);
    o->is_aligned = (bits & (npy_uintp)(alignment - 1)) == 0;
}

/* What the iterator found: axes in the order of the memory, merged where possible. */
static int describe(const request *r, const work *w, elufast_walk *walk) {
    npy_intp lengths[NPY_MAXDIMS];
    PyArrayObject **operands = NpyIter_GetOperandArray(w->iter);
    char **first = NpyIter_GetDataPtrArray(w->iter);
    walk->axes = NpyIter_GetNDim(w->iter);
    walk->n = (size_t)NpyIter_GetIterSize(w->iter);
    if (walk->axes < 1 || walk->n < 1 || !NpyIter_GetShape(w->iter, lengths)) return 0;
    for (int axis = 0; axis < walk->axes; axis++) {
        const npy_intp *steps = NpyIter_GetAxisStrideArray(w->iter, axis);
        if (steps == NULL) return 0;
        walk->lengths[axis] = (size_t)lengths[axis];
        for (int k = 0; k < r->operands; k++) walk->operands[k].steps[axis] = steps[k];
    }
    for (int k = 0; k < r->operands; k++) {
        walk->operands[k].first = first[k];
        describe_operand(&walk->operands[k], operands[k], walk->axes);
    }
    return 1;
}

/* The floating-point flags that the walk raised. */
static int run(const elufast_walk *walk) {
    NPY_BEGIN_THREADS_DEF;
    PyUFunc_clearfperr();
    NPY_BEGIN_THREADS;
    elufast_run_walk(walk);
    NPY_END_THREADS;
    return PyUFunc_getfperr();
}

static PyObject *results(const request *r, PyArrayObject *const *outputs) {
    if (r->function->out == 1) return Py_NewRef((PyObject *)outputs[0]);
    return PyTuple_Pack(2, outputs[0], outputs[1]);
}

static int prepare(const request *r, PyObject *ufunc, work *w, elufast_walk *walk) {
    if (!take_arrays(r, w)) return 0;
    int kind = chosen_loop(r, ufunc, w->arrays);
    if (kind < 0) return 0;
    const int type = elufast_type_number((elufast_type)kind);
    if (!take_numbers(r, w, type)) return 0;
    /* A row's loops lie side by side, and NumPy has the address of the first. */
    walk->loop = (const elufast_loop *)((PyUFuncObject *)ufunc)->data[0] + kind;
    walk->item = elufast_loop_items[kind];
    return describe_types(r, w, walk) && has_separate_outputs(r, w) && make_iterator(r, w, type) &&
           describe(r, w, walk);
}

/* Without writing back the copies of overlapping outputs, which nothing was written to. */
static void abandon(const request *r, work *w) {
    PyErr_Clear();
    if (w->iter == NULL) return;
    PyArrayObject **operands = NpyIter_GetOperandArray(w->iter);
    for (int k = r->inputs; k < r->operands; k++) PyArray_DiscardWritebackIfCopy(operands[k]);
    NpyIter_Deallocate(w->iter);
}

static PyObject *finish(const request *r, work *w, const elufast_walk *walk) {
    PyArrayObject **operands = NpyIter_GetOperandArray(w->iter);
    for (int k = r->inputs; k < r->operands; k++) {
        if (w->arrays[k] == NULL)
            w->arrays[k] = (PyArrayObject *)Py_NewRef((PyObject *)operands[k]);
    }
    int flags = run(walk);
    int ended = NpyIter_Deallocate(w->iter); /* writes back what was copied */
    w->iter = NULL;
    iterated_calls++;
    if (ended == NPY_FAIL) return NULL;
    if (flags && PyUFunc_GiveFloatingpointErrors(r->function->name, flags) < 0) return NULL;
    return results(r, w->arrays + r->inputs);
}

int elufast_iterate(const elufast_arguments *arguments, PyObject **result) {
    request r;
    if (is_short(arguments) || !accept(&r, arguments)) return 0;
    work w = {{NULL}, NULL};
    elufast_walk walk;
    int is_ready = prepare(&r, arguments->ufunc, &w, &walk);
    if (is_ready) {
        *result = finish(&r, &w, &walk);
    } else {
        abandon(&r, &w);
    }
    discard(&w, r.operands);
    return is_ready;
}
