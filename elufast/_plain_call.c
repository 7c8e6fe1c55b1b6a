#include "_plain_call.h"

#include <math.h>

#include "_bfloat16.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>

/* Tuples of the keywords that NumPy gets to see, by what is there; made once. */
enum { WITH_OUT = 1, WITH_WHERE = 2 };
static PyObject *keyword_tuples[WITH_OUT + WITH_WHERE + 1];
static PyObject *out_name, *where_name;

int elufast_prepare_plain_calls(void) {
    out_name = PyUnicode_InternFromString("out");
    where_name = PyUnicode_InternFromString("where");
    if (out_name == NULL || where_name == NULL) return -1;
    keyword_tuples[WITH_OUT] = PyTuple_Pack(1, out_name);
    keyword_tuples[WITH_WHERE] = PyTuple_Pack(1, where_name);
    keyword_tuples[WITH_OUT | WITH_WHERE] = PyTuple_Pack(2, out_name, where_name);
    for (int i = WITH_OUT; i <= (WITH_OUT | WITH_WHERE); i++) {
        if (keyword_tuples[i] == NULL) return -1;
    }
    return 0;
}

/* ---- what is plain ---- */

static int is_native_float(PyArray_Descr *descr) {
    int type = descr->type_num;
    int is_float = (type >= NPY_FLOAT && type <= NPY_LONGDOUBLE) || type == NPY_HALF ||
                   elufast_is_bfloat16(type);
    return is_float && PyArray_ISNBO(descr->byteorder);
}

/* No subclass: it might override, and would then see a ufunc that nobody knows. */
static int is_plain_array(PyObject *object) {
    return PyArray_CheckExact(object) && is_native_float(PyArray_DESCR((PyArrayObject *)object));
}

static int is_plain_scalar(PyObject *object) {
    PyTypeObject *type = Py_TYPE(object);
    return type == &PyFloatArrType_Type || type == &PyDoubleArrType_Type ||
           type == &PyHalfArrType_Type || type == &PyLongDoubleArrType_Type;
}

/* Of a native type too: then no error can arise that would name the other ufunc. */
static int is_plain_out(PyObject *object) {
    if (object == Py_None || is_plain_array(object)) return 1;
    if (!PyTuple_CheckExact(object)) return 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++) {
        PyObject *item = PyTuple_GET_ITEM(object, i);
        if (item != Py_None && !is_plain_array(item)) return 0;
    }
    return 1;
}

static int is_plain_mask(PyObject *object) {
    return object == Py_True ||
           (PyArray_CheckExact(object) && PyArray_TYPE((PyArrayObject *)object) == NPY_BOOL);
}

/* (Not a Python bool: NumPy gives it a type of its own.) */
int elufast_read_parameter(PyObject *object, double *value) {
    if (PyFloat_CheckExact(object)) {
        *value = PyFloat_AS_DOUBLE(object);
    } else if (PyLong_CheckExact(object)) {
        int overflow;
        *value = (double)PyLong_AsLongAndOverflow(object, &overflow);
        if (overflow) return 0;
    } else {
        return 0;
    }
    double magnitude = fabs(*value);
    return (magnitude >= 0x1p-14 && magnitude <= 65504) || magnitude == 0;
}

/* ---- the call ---- */

static int read_data(const elufast_function *f, PyObject *const *args) {
    for (int i = 0; i < f->data; i++) {
        int is_lone_float = f->data == 1 && PyFloat_CheckExact(args[i]);
        if (!is_lone_float && !is_plain_array(args[i]) && !is_plain_scalar(args[i])) return 0;
    }
    return 1;
}

/* By identity: names in source code are interned, and other calls may go the long way. */
static int place_of(PyObject *keyword, PyObject *const *names, int first, int end) {
    for (int i = first; i < end; i++) {
        if (names[i] == keyword) return i;
    }
    return -1;
}

int elufast_has_out_alone(const elufast_plain_call *call) {
    return call->keywords == keyword_tuples[WITH_OUT];
}

int elufast_read_plain_call(elufast_plain_call *call, const elufast_function *f,
                            PyObject *const *names, PyObject *const *defaults,
                            PyObject *const *args, Py_ssize_t count, PyObject *keywords) {
    const int inputs = f->data + f->parameters;
    const Py_ssize_t keyword_count = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (count < f->data || count > inputs + f->out || !read_data(f, args)) return 0;
    call->is_default = 1;
    call->count = inputs;
    for (int i = 0; i < inputs; i++) call->items[i] = i < count ? args[i] : NULL;
    for (Py_ssize_t i = inputs; i < count; i++) {
        if (args[i] != Py_None && !is_plain_array(args[i])) return 0;
        call->items[call->count++] = args[i];
    }

    PyObject *out = NULL, *where = NULL;
    for (Py_ssize_t i = 0; i < keyword_count; i++) {
        PyObject *keyword = PyTuple_GET_ITEM(keywords, i), *value = args[count + i];
        if (keyword == out_name) {
            if (count > inputs || !is_plain_out(value)) return 0;
            out = value;
        } else if (keyword == where_name) {
            if (!is_plain_mask(value)) return 0;
            where = value;
        } else {
            int place = place_of(keyword, names, f->data, inputs);
            if (place < 0 || call->items[place] != NULL) return 0;
            call->items[place] = value;
        }
    }

    for (int i = 0; i < f->parameters; i++) {
        PyObject **item = &call->items[f->data + i];
        double *value = &call->parameters.values[i];
        if (*item == NULL) {
            *item = defaults[i];
            *value = f->defaults[i];
        } else if (!elufast_read_parameter(*item, value)) {
            return 0;
        } else if (*value != f->defaults[i]) {
            call->is_default = 0;
        }
    }
    int others = 0;
    if (out != NULL) call->items[call->count + others++] = out;
    if (where != NULL) call->items[call->count + others++] = where;
    call->keywords = keyword_tuples[(out != NULL ? WITH_OUT : 0) | (where ? WITH_WHERE : 0)];
    return 1;
}
