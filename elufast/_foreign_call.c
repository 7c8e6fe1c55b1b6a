#include "_foreign_call.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>

static PyObject *out_name;

/* `call` of elufast._foreign, imported when a call first needs it: most programs never do. */
static PyObject *foreign_call;

int elufast_prepare_foreign_calls(void) {
    out_name = PyUnicode_InternFromString("out");
    return out_name != NULL ? 0 : -1;
}

static int is_common(PyTypeObject *type) {
    return type == &PyArray_Type || type == &PyFloat_Type || type == &PyFloatArrType_Type ||
           type == &PyDoubleArrType_Type || type == &PyLong_Type || type == &PyList_Type ||
           type == &PyTuple_Type || type == &PyBool_Type;
}

/* Values of dtype=, casting= and the like are among what is looked at, so types and dtypes count
 * as NumPy's. What a list holds is NumPy's to see. */
static int is_known(PyObject *object) {
    return is_common(Py_TYPE(object)) || object == Py_None || PyUnicode_CheckExact(object) ||
           PyComplex_CheckExact(object) || PyType_Check(object) ||
           PyArray_IsScalar(object, Generic) || PyArray_Check(object) || PyArray_DescrCheck(object);
}

static int has_foreign(PyObject *const *objects, Py_ssize_t count) {
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_known(objects[i])) return 1;
    }
    return 0;
}

/* Among inputs a tuple is a sequence of numbers; as a keyword's value, several outputs. */
static int is_foreign_call(const elufast_arguments *a) {
    Py_ssize_t keywords = a->keywords == NULL ? 0 : PyTuple_GET_SIZE(a->keywords);
    PyObject *const *values = a->args + a->count;
    if (has_foreign(a->args, a->count) || has_foreign(values, keywords)) return 1;
    for (Py_ssize_t i = 0; i < keywords; i++) {
        if (PyTuple_CheckExact(values[i]) &&
            has_foreign(((PyTupleObject *)values[i])->ob_item, PyTuple_GET_SIZE(values[i]))) {
            return 1;
        }
    }
    return 0;
}

static PyObject *tuple_of(PyObject *const *objects, Py_ssize_t count, Py_ssize_t size) {
    PyObject *tuple = PyTuple_New(size);
    if (tuple == NULL) return NULL;
    for (Py_ssize_t i = 0; i < size; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(i < count ? objects[i] : Py_None));
    }
    return tuple;
}

/* Positional outputs become out=. NULL without an exception: out= is there as well, which is
 * NumPy's error to raise. */
static PyObject *keywords_of(const elufast_arguments *a, Py_ssize_t inputs) {
    Py_ssize_t count = a->keywords == NULL ? 0 : PyTuple_GET_SIZE(a->keywords);
    PyObject *keywords = PyDict_New();
    if (keywords == NULL) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(a->keywords, i);
        if (PyDict_SetItem(keywords, name, a->args[a->count + i]) < 0) goto fail;
    }
    if (a->count > inputs) {
        PyObject *out = NULL;
        if (PyDict_Contains(keywords, out_name) == 0) {
            out = tuple_of(a->args + inputs, a->count - inputs, a->function->out);
        }
        if (out == NULL || PyDict_SetItem(keywords, out_name, out) < 0) {
            Py_XDECREF(out);
            goto fail;
        }
        Py_DECREF(out);
    }
    return keywords;
fail:
    Py_DECREF(keywords);
    return NULL;
}

/* Two threads that come here at once find the same function. */
static PyObject *find_call(void) {
    if (foreign_call != NULL) return foreign_call;
    PyObject *module = PyImport_ImportModule("elufast._foreign");
    if (module == NULL) return NULL;
    foreign_call = PyObject_GetAttrString(module, "call");
    Py_DECREF(module);
    return foreign_call;
}

int elufast_call_foreign(const elufast_arguments *a, PyObject **result) {
    const Py_ssize_t inputs = a->function->data + a->function->parameters;
    if (!is_foreign_call(a)) return 0;
    *result = NULL;
    PyObject *call = find_call();
    if (call == NULL) return 1;
    PyObject *keywords = keywords_of(a, inputs);
    if (keywords == NULL) return PyErr_Occurred() != NULL;
    PyObject *data = tuple_of(a->args, inputs, inputs);
    if (data != NULL) {
        *result = PyObject_CallFunctionObjArgs(call, a->ufunc, data, keywords, NULL);
        Py_DECREF(data);
    }
    Py_DECREF(keywords);
    if (*result != Py_NotImplemented) return 1;
    Py_CLEAR(*result);
    return 0;
}
