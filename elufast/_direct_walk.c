#include "_direct_walk.h"

#include "_extents.h"
#include "_float_modes.h"
#include "_item_types.h"
#include "_own_call.h"
#include "_parameters.h"
#include "_plain_call.h"
#include "_walk_axes.h"

#define NO_IMPORT_UFUNC
#include <numpy/arrayscalars.h>
#include <numpy/ufuncobject.h>

typedef struct {
    const elufast_request *request;
    PyArrayObject *first;                        /* of the inputs that are arrays */
    int is_whole;                                /* whether those are of integers or bools */
    PyArrayObject *arrays[ELUFAST_MAX_OPERANDS]; /* borrowed; NULL: a number, or still to be made */
    elufast_value values[ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS]; /* of numbers */
    elufast_walk walk;
    int order[ELUFAST_MAX_AXES]; /* from C order to that of the walk */
} direct_walk;

/* ---- which calls ---- */

static int is_whole(PyArrayObject *array) {
    return PyTypeNum_ISINTEGER(PyArray_TYPE(array)) || PyTypeNum_ISBOOL(PyArray_TYPE(array));
}

/* One of float for all, or integers that are computed, as NumPy has it, as float64. */
static int has_right_type(const direct_walk *c, int k) {
    PyArrayObject *array = c->arrays[k];
    if (!c->is_whole) return PyArray_TYPE(array) == PyArray_TYPE(c->first);
    return k < c->request->inputs ? is_whole(array) : PyArray_TYPE(array) == NPY_DOUBLE;
}

/* Numbers are looked at when their type is known. */
static int take_arrays(direct_walk *c) {
    const elufast_request *r = c->request;
    c->first = NULL;
    for (int k = 0; k < r->operands; k++) {
        PyObject *object = r->given[k];
        c->arrays[k] = NULL;
        if (object == NULL || !PyArray_CheckExact(object)) continue;
        PyArrayObject *array = c->arrays[k] = (PyArrayObject *)object;
        if (k < r->inputs && c->first == NULL) {
            c->first = array;
            c->is_whole = is_whole(array);
        }
        if (c->first == NULL || !PyArray_ISBEHAVED_RO(array) || !has_right_type(c, k)) return 0;
        if (k >= r->inputs && !elufast_is_writable(array)) return 0;
    }
    return c->first != NULL;
}

/* The lengths along an axis, counted from the last one: 1, but for those that are the same. */
static int find_length(const direct_walk *c, int axis, size_t *length) {
    *length = 1;
    for (int k = 0; k < c->request->operands; k++) {
        PyArrayObject *array = c->arrays[k];
        if (array == NULL || axis >= PyArray_NDIM(array)) continue;
        const size_t own = (size_t)PyArray_DIM(array, PyArray_NDIM(array) - 1 - axis);
        if (own == 1) continue;
        if (own == 0 || (*length != 1 && own != *length)) return 0;
        *length = own;
    }
    return 1;
}

/* What cannot be addressed is NumPy's to refuse. */
static const double MOST_ELEMENTS = 0x1p57;

static int find_shape(direct_walk *c) {
    elufast_walk *walk = &c->walk;
    walk->axes = 0;
    walk->n = 1;
    for (int k = 0; k < c->request->operands; k++) {
        if (c->arrays[k] == NULL) continue;
        const int axes = PyArray_NDIM(c->arrays[k]);
        if (axes > walk->axes) walk->axes = axes;
    }
    for (int axis = 0; axis < walk->axes; axis++) {
        size_t *length = &walk->lengths[axis];
        if (!find_length(c, axis, length)) return 0;
        if ((double)walk->n * (double)*length > MOST_ELEMENTS) return 0;
        walk->n *= *length;
    }
    return walk->axes > 0;
}

static int has_shape(const direct_walk *c, PyArrayObject *array) {
    const int axes = c->walk.axes;
    if (PyArray_NDIM(array) != axes) return 0;
    for (int axis = 0; axis < axes; axis++) {
        if ((size_t)PyArray_DIM(array, axes - 1 - axis) != c->walk.lengths[axis]) return 0;
    }
    return 1;
}

/* Outputs are not broadcast, nor written to twice. */
static int are_outputs_fit(const direct_walk *c) {
    for (int k = c->request->inputs; k < c->request->operands; k++) {
        PyArrayObject *out = c->arrays[k];
        if (out == NULL) continue;
        if (!has_shape(c, out) || !elufast_has_separate_elements(out)) return 0;
    }
    return 1;
}

static int are_extents_apart(PyArrayObject *a, PyArrayObject *b) {
    const elufast_extent one = elufast_extent_of(a), other = elufast_extent_of(b);
    return one.end <= other.first || other.end <= one.first;
}

/* Then each element lies where its own result does, if it is an integer that is not as long, too.
 */
static int are_same(const elufast_walk *walk, int a, int b) {
    const elufast_operand *one = &walk->operands[a], *other = &walk->operands[b];
    if (one->first != other->first) return 0;
    for (int axis = 0; axis < walk->axes; axis++) {
        if (one->steps[axis] != other->steps[axis]) return 0;
    }
    return 1;
}

/* What shares memory otherwise is NumPy's to copy, or to order. */
static int overlaps(const direct_walk *c) {
    const elufast_request *r = c->request;
    for (int out = r->inputs; out < r->operands; out++) {
        for (int k = 0; k < out && c->arrays[out] != NULL; k++) {
            if (c->arrays[k] == NULL || are_extents_apart(c->arrays[k], c->arrays[out])) continue;
            if (k >= r->inputs || !are_same(&c->walk, k, out)) return 1;
        }
    }
    return 0;
}

/* ---- operands ---- */

static void describe(direct_walk *c, int k, PyArrayObject *array) {
    elufast_operand *o = &c->walk.operands[k];
    const int axes = array == NULL ? 0 : PyArray_NDIM(array);
    for (int axis = 0; axis < c->walk.axes; axis++) {
        const int from = axes - 1 - axis;
        const int has_steps = axis < axes && PyArray_DIM(array, from) != 1;
        o->steps[axis] = has_steps ? PyArray_STRIDE(array, from) : 0;
    }
    o->first = array == NULL ? NULL : PyArray_BYTES(array);
    o->item = c->walk.item;
    o->size = c->walk.loop->item_size;
    if (c->is_whole && array != NULL && k < c->request->inputs) {
        elufast_item_of(PyArray_DESCR(array), &o->item);
        o->size = (size_t)PyArray_ITEMSIZE(array);
    }
    o->is_swapped = 0;
    o->is_aligned = 1;
}

/* A Python number, or one of NumPy's that has the arrays' own type. */
static int read_number(const direct_walk *c, PyObject *object, elufast_value *to) {
    const elufast_type type = c->walk.loop->type;
    if (elufast_is_weak(object)) {
        double value;
        if (!elufast_read_parameter(object, &value)) return 0;
        elufast_store_parameter(to, type, value);
        return 1;
    }
    if ((type == ELUFAST_FLOAT16 && Py_IS_TYPE(object, &PyHalfArrType_Type)) ||
        (type == ELUFAST_FLOAT32 && Py_IS_TYPE(object, &PyFloatArrType_Type)) ||
        (type == ELUFAST_FLOAT64 && Py_IS_TYPE(object, &PyDoubleArrType_Type))) {
        PyArray_ScalarAsCtype(object, to->bytes);
        return 1;
    }
    return 0;
}

static int describe_number(direct_walk *c, int k) {
    if (!read_number(c, c->request->given[k], &c->values[k])) return 0;
    describe(c, k, NULL);
    c->walk.operands[k].first = c->values[k].bytes;
    return 1;
}

static int describe_operands(direct_walk *c) {
    const elufast_request *r = c->request;
    for (int k = 0; k < r->operands; k++) {
        if (c->arrays[k] == NULL && k < r->inputs) {
            if (!describe_number(c, k)) return 0;
        } else {
            describe(c, k, c->arrays[k]);
        }
    }
    return 1;
}

static int prepare(direct_walk *c) {
    if (!take_arrays(c)) return 0;
    const int kind = c->is_whole ? ELUFAST_FLOAT64 : elufast_own_kind(c->first);
    if (kind < 0 || !find_shape(c) || !are_outputs_fit(c)) return 0;
    /* A row's loops lie side by side, and NumPy has the address of the first. */
    c->walk.loop = (const elufast_loop *)((PyUFuncObject *)c->request->ufunc)->data[0] + kind;
    c->walk.item = elufast_loop_items[kind];
    return describe_operands(c) && !overlaps(c);
}

/* ---- new outputs ---- */

/* With the metadata of the first input, as NumPy has it. */
static PyArray_Descr *new_descr(const direct_walk *c) {
    if (c->is_whole || c->arrays[0] == NULL) {
        return PyArray_DescrFromType(elufast_type_number(c->walk.loop->type));
    }
    return (PyArray_Descr *)Py_NewRef(PyArray_DESCR(c->arrays[0]));
}

/* In memory in the order of the walk. */
static PyArrayObject *make(const direct_walk *c) {
    const int axes = c->walk.axes;
    npy_intp shape[NPY_MAXDIMS], strides[NPY_MAXDIMS], stride = (npy_intp)c->walk.loop->item_size;
    for (int axis = 0; axis < axes; axis++) {
        const int place = axes - 1 - c->order[axis];
        shape[place] = (npy_intp)c->walk.lengths[axis];
        strides[place] = stride;
        stride *= shape[place];
    }
    PyArray_Descr *descr = new_descr(c);
    return (PyArrayObject *)PyArray_NewFromDescr(&PyArray_Type, descr, axes, shape, strides, NULL,
                                                 0, NULL);
}

/* 0 with an exception. */
static int make_outputs(direct_walk *c, PyArrayObject **made) {
    const elufast_request *r = c->request;
    for (int k = r->inputs; k < r->operands; k++) {
        if (c->arrays[k] != NULL) continue;
        PyArrayObject *out = c->arrays[k] = made[k - r->inputs] = make(c);
        if (out == NULL) return 0;
        elufast_operand *o = &c->walk.operands[k];
        o->first = PyArray_BYTES(out);
        for (int axis = 0; axis < c->walk.axes; axis++) {
            const int place = c->walk.axes - 1 - c->order[axis];
            o->steps[axis] = c->walk.lengths[axis] == 1 ? 0 : PyArray_STRIDE(out, place);
        }
    }
    return 1;
}

/* ---- the call ---- */

/* A parameter may be one number too. */
static int is_contiguous(const direct_walk *c) {
    const elufast_request *r = c->request;
    for (int k = 0; k < r->operands; k++) {
        const int is_parameter = k >= r->function->data && k < r->inputs;
        const ptrdiff_t step = c->walk.operands[k].steps[0];
        if (step == 0 && is_parameter) continue;
        if (step != (ptrdiff_t)c->walk.loop->item_size) return 0;
    }
    return 1;
}

/* To plan a walk takes 0.1 to 0.2 us, which only longer loops get back. */
enum { SHORT_LOOP = 256 };

static int is_simple(const direct_walk *c) {
    return c->walk.axes == 1 && !c->is_whole && (c->walk.n <= SHORT_LOOP || is_contiguous(c));
}

static void run_inner_loop(const direct_walk *c) {
    const ptrdiff_t n = (ptrdiff_t)c->walk.n;
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    char *arrays[ELUFAST_MAX_OPERANDS];
    for (int k = 0; k < c->request->operands; k++) {
        arrays[k] = c->walk.operands[k].first;
        steps[k] = c->walk.operands[k].steps[0];
    }
    elufast_inner_loop(arrays, &n, steps, (void *)c->walk.loop);
}

static void run(const direct_walk *c) {
    NPY_BEGIN_THREADS_DEF;
    if ((float)c->walk.n * c->walk.loop->cost[1] >= ELUFAST_WORTH_LETTING_GO) {
        NPY_BEGIN_THREADS;
    }
    if (is_simple(c)) {
        run_inner_loop(c);
    } else {
        elufast_run_walk(&c->walk);
    }
    NPY_END_THREADS;
}

int elufast_walk_directly(const elufast_request *request, PyObject **result) {
    direct_walk c;
    PyArrayObject *made[ELUFAST_MAX_OUT] = {NULL};
    c.request = request;
    if (!prepare(&c)) return 0;
    *result = NULL;
    elufast_sort_axes(&c.walk, c.order);
    if (make_outputs(&c, made)) {
        elufast_merge_axes(&c.walk);
        elufast_choose_directions(&c.walk);
        elufast_merge_axes(&c.walk);
        elufast_count_own_call();
        elufast_clear_flags();
        run(&c);
        *result =
            elufast_end_own_call(request->function, (PyObject *const *)(c.arrays + request->inputs),
                                 elufast_raised_flags());
    }
    for (int i = 0; i < request->function->out; i++) Py_XDECREF(made[i]);
    return 1;
}
