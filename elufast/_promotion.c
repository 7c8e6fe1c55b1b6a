#include "_promotion.h"

#include "_kernels.h"

#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

enum { MAX_INPUTS = ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS };

static int is_integer_or_weak(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_BoolDType || dtype == &PyArray_PyFloatDType ||
           PyType_IsSubtype((PyTypeObject *)dtype, (PyTypeObject *)&PyArray_IntAbstractDType);
}

static int has_loop(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_HalfDType || dtype == &PyArray_FloatDType ||
           dtype == &PyArray_DoubleDType || dtype == &PyArray_LongDoubleDType;
}

/* A new reference; NULL with NumPy's own kind of error where there is no loop. */
static PyArray_DTypeMeta *common_type(PyUFuncObject *ufunc, PyArray_DTypeMeta *const *inputs) {
    PyArray_DTypeMeta *dtypes[MAX_INPUTS], *common = NULL;
    int all = 1;
    for (int i = 0; i < ufunc->nin; i++) {
        dtypes[i] = inputs[i];
        all = all && is_integer_or_weak(inputs[i]);
    }
    if (all) return (PyArray_DTypeMeta *)Py_NewRef((PyObject *)&PyArray_DoubleDType);
    common = PyArray_PromoteDTypeSequence(ufunc->nin, dtypes);
    if (common != NULL && has_loop(common)) return common;
    Py_XDECREF((PyObject *)common);
    PyErr_Format(PyExc_TypeError,
                 "ufunc '%s' not supported for the input types, and the inputs could not be safely "
                 "coerced to any supported types according to the casting rule ''safe''",
                 ufunc->name);
    return NULL;
}

static PyArray_DTypeMeta *asked_for(PyUFuncObject *ufunc, PyArray_DTypeMeta *const *signature) {
    for (int i = 0; i < ufunc->nargs; i++) {
        if (signature[i] != NULL) return (PyArray_DTypeMeta *)Py_NewRef((PyObject *)signature[i]);
    }
    return NULL;
}

static int promote(PyObject *object, PyArray_DTypeMeta *const inputs[],
                   PyArray_DTypeMeta *const signature[], PyArray_DTypeMeta *promoted[]) {
    PyUFuncObject *ufunc = (PyUFuncObject *)object;
    PyArray_DTypeMeta *type = asked_for(ufunc, signature);
    if (type == NULL) type = common_type(ufunc, inputs);
    if (type == NULL) return -1;
    for (int i = 0; i < ufunc->nargs; i++) {
        PyArray_DTypeMeta *one = signature[i] != NULL ? signature[i] : type;
        promoted[i] = (PyArray_DTypeMeta *)Py_NewRef((PyObject *)one);
    }
    Py_DECREF((PyObject *)type);
    return 0;
}

static int add_promoter(PyObject *ufunc, PyArray_DTypeMeta *first) {
    Py_ssize_t count = ((PyUFuncObject *)ufunc)->nargs;
    int failed = -1;
    PyObject *capsule = PyCapsule_New((void *)&promote, "numpy._ufunc_promoter", NULL);
    PyObject *dtypes = PyTuple_New(count);
    if (capsule != NULL && dtypes != NULL) {
        PyTuple_SET_ITEM(dtypes, 0, Py_NewRef((PyObject *)first));
        for (Py_ssize_t i = 1; i < count; i++) PyTuple_SET_ITEM(dtypes, i, Py_NewRef(Py_None));
        failed = PyUFunc_AddPromoter(ufunc, dtypes, capsule);
    }
    Py_XDECREF(dtypes);
    Py_XDECREF(capsule);
    return failed;
}

int elufast_add_promoters(PyObject *ufunc) {
    if (add_promoter(ufunc, &PyArray_BoolDType) < 0) return -1;
    if (add_promoter(ufunc, &PyArray_IntAbstractDType) < 0) return -1;
    return add_promoter(ufunc, &PyArray_PyFloatDType);
}
