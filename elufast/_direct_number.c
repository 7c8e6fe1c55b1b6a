#include "_direct_number.h"

#include "_float_modes.h"
#include "_own_call.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>

/* The elufast_type, with the number; -1 for anything else. */
static int read_number(PyObject *object, elufast_value *to) {
    PyTypeObject *type = Py_TYPE(object);
    if (type == &PyFloat_Type || type == &PyDoubleArrType_Type) {
        const double value = PyFloat_AS_DOUBLE(object);
        memcpy(to->bytes, &value, sizeof value);
        return ELUFAST_FLOAT64;
    }
    if (type == &PyFloatArrType_Type) {
        memcpy(to->bytes, &PyArrayScalar_VAL(object, Float), sizeof(npy_float));
        return ELUFAST_FLOAT32;
    }
    if (type == &PyHalfArrType_Type) {
        memcpy(to->bytes, &PyArrayScalar_VAL(object, Half), sizeof(npy_half));
        return ELUFAST_FLOAT16;
    }
    if (type != &PyArray_Type || PyArray_NDIM((PyArrayObject *)object) > 0) return -1;
    PyArrayObject *array = (PyArrayObject *)object;
    const int kind = elufast_own_kind(array);
    if (kind >= 0) memcpy(to->bytes, PyArray_DATA(array), (size_t)PyArray_ITEMSIZE(array));
    return kind;
}

#define NEW(cls, ctype)                                                    \
    {                                                                      \
        PyObject *number = PyArrayScalar_New(cls);                         \
        if (number != NULL) {                                              \
            memcpy(&PyArrayScalar_VAL(number, cls), bytes, sizeof(ctype)); \
        }                                                                  \
        return number;                                                     \
    }

static PyObject *new_number(int kind, const char *bytes) {
    switch (kind) {
        case ELUFAST_FLOAT16:
            NEW(Half, npy_half)
        case ELUFAST_FLOAT32:
            NEW(Float, npy_float)
        default:
            NEW(Double, npy_double)
    }
}

static int read_all(const elufast_plain_call *call, int count, elufast_value *values) {
    const int kind = read_number(call->items[0], &values[0]);
    for (int i = 1; i < count; i++) {
        if (read_number(call->items[i], &values[i]) != kind) return -1;
    }
    return kind == ELUFAST_BFLOAT16 ? -1 : kind; /* whose scalars are not NumPy's */
}

static void run(const elufast_plain_call *call, const elufast_loop *loop, elufast_value *values) {
    const elufast_function *f = loop->function;
    const char *in[ELUFAST_MAX_DATA], *parameters[ELUFAST_MAX_PARAMETERS];
    char *out[ELUFAST_MAX_OUT];
    elufast_value given[ELUFAST_MAX_PARAMETERS];
    for (int i = 0; i < f->data; i++) in[i] = values[i].bytes;
    for (int i = 0; i < f->out; i++) out[i] = values[f->data + i].bytes;
    for (int i = 0; i < f->parameters; i++) {
        elufast_store_parameter(&given[i], loop->type, call->parameters.values[i]);
        parameters[i] = given[i].bytes;
    }
    (call->is_default ? loop->kernels.defaults : loop->kernels.scalar)(in, parameters, out, 1);
}

int elufast_compute_numbers(const elufast_plain_call *call, const elufast_function *f,
                            const elufast_loop *defaults, const elufast_loop *given,
                            PyObject **result) {
    elufast_value values[ELUFAST_MAX_DATA + ELUFAST_MAX_OUT];
    PyObject *numbers[ELUFAST_MAX_OUT] = {NULL};
    if (call->keywords != NULL || call->count > f->data + f->parameters) return 0;
    const int kind = read_all(call, f->data, values);
    if (kind < 0) return 0;
    elufast_clear_flags();
    run(call, (call->is_default ? defaults : given) + kind, values);
    const int raised = elufast_raised_flags();
    int are_there = 1;
    for (int i = 0; i < f->out; i++) {
        numbers[i] = new_number(kind, values[f->data + i].bytes);
        are_there = are_there && numbers[i] != NULL;
    }
    *result = are_there ? elufast_end_own_call(f, numbers, raised) : NULL;
    for (int i = 0; i < f->out; i++) Py_XDECREF(numbers[i]);
    return 1;
}
