#include "_iterate.h"

#include <float.h>
#include <math.h>

#include "_bfloat16.h"
#include "_extents.h"
#include "_item_types.h"
#include "_own_call.h"
#include "_walk.h"
#include "_walk_axes.h"

#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

/* Elements from which on the preparation (some 2 us) pays even with one thread.
 * benchmarks/layouts.py --sizes 4096 8192 16384 --threads 1 */
static const double MIN_ELEMENTS = 16384;

static PyObject *resolve_name; /* made once and never changed */

int elufast_prepare_iterating(void) {
    resolve_name = PyUnicode_InternFromString("resolve_dtypes");
    return resolve_name != NULL ? 0 : -1;
}

/* ---- which calls to take ---- */

static int is_float(int type) { return PyTypeNum_ISFLOAT(type) || elufast_is_bfloat16(type); }

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
static int is_one_loop(const elufast_request *r) {
    PyArrayObject *first = NULL;
    for (int k = 0; k < r->operands; k++) {
        PyObject *object = r->given[k];
        if (object == NULL || elufast_is_weak(object)) continue;
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

static int accept(const elufast_request *r) {
    if (elufast_broadcast_size(r) < MIN_ELEMENTS || is_one_loop(r)) return 0;
    for (int i = 0; i < r->inputs; i++) {
        PyObject *object = r->given[i];
        if (!PyArray_CheckExact(object) && !elufast_is_weak(object) && !is_numpy_scalar(object)) {
            return 0;
        }
    }
    return 1;
}

/* ---- types ---- */

/* The loop that NumPy's own rules choose, -1 if they choose none. */
static int chosen_loop(const elufast_request *r, PyArrayObject *const *arrays) {
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
    resolved = PyObject_CallMethodOneArg(r->ufunc, resolve_name, types);
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

static int take_arrays(const elufast_request *r, work *w) {
    for (int k = 0; k < r->operands; k++) {
        PyObject *object = r->given[k];
        if (object == NULL || elufast_is_weak(object)) continue;
        w->arrays[k] = PyArray_CheckExact(object)
                           ? (PyArrayObject *)Py_NewRef(object)
                           : (PyArrayObject *)PyArray_FromAny(object, NULL, 0, 0, 0, NULL);
        if (w->arrays[k] == NULL) return 0;
    }
    return 1;
}

static int take_numbers(const elufast_request *r, work *w, int type) {
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
static int make_iterator(const elufast_request *r, work *w, int type) {
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
static int has_separate_outputs(const elufast_request *r, const work *w) {
    PyArrayObject *const *out = w->arrays + r->inputs;
    for (int i = 0; i < r->function->out; i++) {
        if (out[i] != NULL && !elufast_has_separate_elements(out[i])) return 0;
    }
    if (r->function->out < 2 || out[0] == NULL || out[1] == NULL) return 1;
    elufast_extent a = elufast_extent_of(out[0]), b = elufast_extent_of(out[1]);
    return a.end <= b.first || b.end <= a.first;
}

/* ---- what is walked through ---- */

static int describe_types(const elufast_request *r, const work *w, elufast_walk *walk) {
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
static int describe(const elufast_request *r, const work *w, elufast_walk *walk) {
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
    elufast_choose_directions(walk);
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

static int prepare(const elufast_request *r, work *w, elufast_walk *walk) {
    if (!take_arrays(r, w)) return 0;
    int kind = chosen_loop(r, w->arrays);
    if (kind < 0) return 0;
    const int type = elufast_type_number((elufast_type)kind);
    if (!take_numbers(r, w, type)) return 0;
    /* A row's loops lie side by side, and NumPy has the address of the first. */
    walk->loop = (const elufast_loop *)((PyUFuncObject *)r->ufunc)->data[0] + kind;
    walk->item = elufast_loop_items[kind];
    return describe_types(r, w, walk) && has_separate_outputs(r, w) && make_iterator(r, w, type) &&
           describe(r, w, walk);
}

/* Without writing back the copies of overlapping outputs, which nothing was written to. */
static void abandon(const elufast_request *r, work *w) {
    PyErr_Clear();
    if (w->iter == NULL) return;
    PyArrayObject **operands = NpyIter_GetOperandArray(w->iter);
    for (int k = r->inputs; k < r->operands; k++) PyArray_DiscardWritebackIfCopy(operands[k]);
    NpyIter_Deallocate(w->iter);
}

static PyObject *finish(const elufast_request *r, work *w, const elufast_walk *walk) {
    PyArrayObject **operands = NpyIter_GetOperandArray(w->iter);
    for (int k = r->inputs; k < r->operands; k++) {
        if (w->arrays[k] == NULL)
            w->arrays[k] = (PyArrayObject *)Py_NewRef((PyObject *)operands[k]);
    }
    int flags = run(walk);
    int ended = NpyIter_Deallocate(w->iter); /* writes back what was copied */
    w->iter = NULL;
    elufast_count_own_call();
    if (ended == NPY_FAIL) return NULL;
    if (flags && PyUFunc_GiveFloatingpointErrors(r->function->name, flags) < 0) return NULL;
    return elufast_pack_outputs(r->function, (PyObject *const *)w->arrays + r->inputs);
}

int elufast_iterate(const elufast_request *r, PyObject **result) {
    if (!accept(r)) return 0;
    work w = {{NULL}, NULL};
    elufast_walk walk;
    int is_ready = prepare(r, &w, &walk);
    if (is_ready) {
        *result = finish(r, &w, &walk);
    } else {
        abandon(r, &w);
    }
    discard(&w, r->operands);
    return is_ready;
}
