#include "_request.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

static PyObject *out_name; /* made once and never changed */

int elufast_prepare_requests(void) {
    out_name = PyUnicode_InternFromString("out");
    return out_name != NULL ? 0 : -1;
}

int elufast_is_weak(PyObject *object) {
    return PyFloat_CheckExact(object) || PyLong_CheckExact(object);
}

static int has_axes(PyObject *object) {
    return PyArray_CheckExact(object) && PyArray_NDIM((PyArrayObject *)object) > 0;
}

/* A tuple is one of outputs. */
static int have_axes(PyObject *const *objects, Py_ssize_t count, int may_be_tuples) {
    for (Py_ssize_t i = 0; i < count; i++) {
        if (has_axes(objects[i])) return 1;
        if (may_be_tuples && PyTuple_CheckExact(objects[i])) {
            PyTupleObject *tuple = (PyTupleObject *)objects[i];
            if (have_axes(tuple->ob_item, PyTuple_GET_SIZE(objects[i]), 0)) return 1;
        }
    }
    return 0;
}

int elufast_have_axes(const elufast_arguments *a) {
    const Py_ssize_t keywords = a->keywords == NULL ? 0 : PyTuple_GET_SIZE(a->keywords);
    return have_axes(a->args, a->count, 0) || have_axes(a->args + a->count, keywords, 1);
}

/* NumPy itself tells what is wrong with a call that this turns down. */
static int read_outputs(elufast_request *r, const elufast_arguments *a) {
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

int elufast_read_request(elufast_request *r, const elufast_arguments *a) {
    const elufast_function *f = a->function;
    r->ufunc = a->ufunc;
    r->function = f;
    r->inputs = f->data + f->parameters;
    r->operands = r->inputs + f->out;
    for (int i = 0; i < r->inputs; i++) {
        r->given[i] = i < a->count ? a->args[i] : a->defaults[i - f->data];
    }
    return read_outputs(r, a);
}

double elufast_broadcast_size(const elufast_request *r) {
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
