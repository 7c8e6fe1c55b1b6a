#include "_direct_call.h"

#include "_float_modes.h"
#include "_overlap.h"
#include "_own_call.h"

enum { MAX_ARRAYS = ELUFAST_MAX_DATA + ELUFAST_MAX_OUT };

/* ---- which calls ---- */

static int is_like(PyArrayObject *array, PyArrayObject *first) {
    const int needed = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
    return (PyArray_FLAGS(array) & needed) == needed &&
           PyArray_TYPE(array) == PyArray_TYPE(first) &&
           PyArray_NDIM(array) == PyArray_NDIM(first) &&
           PyArray_CompareLists(PyArray_DIMS(array), PyArray_DIMS(first), PyArray_NDIM(first));
}

static int are_apart(PyArrayObject *a, PyArrayObject *b) {
    return elufast_are_apart(PyArray_BYTES(a), PyArray_BYTES(b), (size_t)PyArray_NBYTES(a));
}

/* The outputs that were given, NULL for a new one. */
static int read_outputs(const elufast_plain_call *call, const elufast_function *f,
                        PyObject **outs) {
    const Py_ssize_t inputs = f->data + f->parameters, others = call->count - inputs;
    PyObject *const *items = call->items + inputs;
    Py_ssize_t count = others;
    if (call->keywords != NULL) {
        if (!elufast_has_out_alone(call)) return 0;
        PyObject *const *out = &call->items[call->count];
        int is_tuple = PyTuple_CheckExact(*out);
        if (is_tuple ? PyTuple_GET_SIZE(*out) != f->out : f->out != 1) return 0;
        items = is_tuple ? ((PyTupleObject *)*out)->ob_item : out;
        count = f->out;
    }
    for (int i = 0; i < f->out; i++) {
        outs[i] = i < count && items[i] != Py_None ? items[i] : NULL;
    }
    return 1;
}

/* Outputs may be one of the data; anything else that shares memory is NumPy's to order. */
static int are_outputs_fit(PyArrayObject *const *arrays, int data, int end) {
    for (int out = data; out < end; out++) {
        if (arrays[out] == NULL) continue;
        if (!elufast_is_writable(arrays[out]) || !is_like(arrays[out], arrays[0])) return 0;
        for (int other = 0; other < out; other++) {
            if (arrays[other] == NULL || are_apart(arrays[other], arrays[out])) continue;
            if (other >= data || PyArray_DATA(arrays[other]) != PyArray_DATA(arrays[out])) return 0;
        }
    }
    return 1;
}

/* `kind` is the type's, and the arrays are borrowed; those that are still to be made are NULL. */
static int accept(const elufast_plain_call *call, const elufast_function *f, PyArrayObject **arrays,
                  int *kind) {
    PyObject *objects[MAX_ARRAYS];
    if (!read_outputs(call, f, objects + f->data)) return 0;
    for (int i = 0; i < f->data; i++) {
        objects[i] = call->items[i];
        if (!PyArray_CheckExact(objects[i])) return 0;
    }
    for (int i = 0; i < f->data + f->out; i++) arrays[i] = (PyArrayObject *)objects[i];
    *kind = elufast_own_kind(arrays[0]);
    if (*kind < 0 || PyArray_NDIM(arrays[0]) == 0 || PyArray_SIZE(arrays[0]) == 0) return 0;
    for (int i = 0; i < f->data; i++) {
        if (!is_like(arrays[i], arrays[0])) return 0;
    }
    return are_outputs_fit(arrays, f->data, f->data + f->out);
}

/* ---- the call ---- */

static void run(const elufast_loop *loop, const elufast_parameters *parameters,
                PyArrayObject *const *arrays, int count, ptrdiff_t n) {
    char *data[MAX_ARRAYS];
    ptrdiff_t steps[MAX_ARRAYS];
    for (int i = 0; i < count; i++) {
        data[i] = PyArray_BYTES(arrays[i]);
        steps[i] = (ptrdiff_t)loop->item_size;
    }
    elufast_parameters *current = elufast_current_parameters(), outer = *current;
    *current = *parameters;
    NPY_BEGIN_THREADS_DEF;
    if ((float)n * loop->cost[loop->source != ELUFAST_DEFAULTS] >= ELUFAST_WORTH_LETTING_GO) {
        NPY_BEGIN_THREADS;
    }
    elufast_inner_loop(data, &n, steps, (void *)loop);
    NPY_END_THREADS;
    *current = outer;
}

static PyArrayObject *new_like(PyArrayObject *array) {
    PyArray_Descr *descr = PyArray_DESCR(array);
    Py_INCREF(descr);
    return (PyArrayObject *)PyArray_NewFromDescr(&PyArray_Type, descr, PyArray_NDIM(array),
                                                 PyArray_DIMS(array), NULL, NULL, 0, NULL);
}

int elufast_call_directly(const elufast_plain_call *call, const elufast_function *f,
                          const elufast_loop *defaults, const elufast_loop *given,
                          PyObject **result) {
    PyArrayObject *arrays[MAX_ARRAYS];
    int kind;
    if (!accept(call, f, arrays, &kind)) return 0;
    const elufast_loop *loop = (call->is_default ? defaults : given) + kind;
    const npy_intp n = PyArray_SIZE(arrays[0]);

    PyArrayObject *made[ELUFAST_MAX_OUT] = {NULL}, **outs = arrays + f->data;
    *result = NULL;
    for (int i = 0; i < f->out; i++) {
        if (outs[i] != NULL) continue;
        outs[i] = made[i] = new_like(arrays[0]);
        if (made[i] == NULL) goto done;
    }
    elufast_clear_flags();
    run(loop, &call->parameters, arrays, f->data + f->out, n);
    *result = elufast_end_own_call(f, (PyObject *const *)outs, elufast_raised_flags());
done:
    for (int i = 0; i < f->out; i++) Py_XDECREF(made[i]);
    return 1;
}
