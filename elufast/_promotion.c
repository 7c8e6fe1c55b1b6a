#include "_promotion.h"

#include "_bfloat16.h"
#include "_kernels.h"

#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

enum { MAX_INPUTS = ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS };

static int is_weak(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_PyFloatDType || dtype == &PyArray_PyLongDType;
}

static int is_integer_or_weak(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_BoolDType || is_weak(dtype) ||
           PyType_IsSubtype((PyTypeObject *)dtype, (PyTypeObject *)&PyArray_IntAbstractDType);
}

static int is_bfloat16(PyArray_DTypeMeta *dtype) {
    return dtype->type_num >= NPY_USERDEF && elufast_is_bfloat16(dtype->type_num);
}

static int has_loop(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_HalfDType || dtype == &PyArray_FloatDType ||
           dtype == &PyArray_DoubleDType || dtype == &PyArray_LongDoubleDType || is_bfloat16(dtype);
}

/* A new reference. NumPy cannot promote bfloat16 with a Python number (which it would make
 * float32), with float16 or with most integers: weak numbers have no say, and next to the others it
 * counts as float32, as NumPy's own ufuncs have it. */
static PyArray_DTypeMeta *common_with_bfloat16(npy_intp count, PyArray_DTypeMeta *const *dtypes) {
    PyArray_DTypeMeta *strong[MAX_INPUTS];
    npy_intp strong_count = 0;
    for (npy_intp i = 0; i < count; i++) {
        if (!is_weak(dtypes[i])) strong[strong_count++] = dtypes[i];
    }
    PyArray_DTypeMeta *common = PyArray_PromoteDTypeSequence(strong_count, strong);
    if (common != NULL || !PyErr_ExceptionMatches(PyExc_TypeError)) return common;
    PyErr_Clear();
    for (npy_intp i = 0; i < strong_count; i++) {
        if (is_bfloat16(strong[i])) strong[i] = &PyArray_FloatDType;
    }
    return PyArray_PromoteDTypeSequence(strong_count, strong);
}

/* A new reference; NULL with an exception. */
static PyArray_DTypeMeta *common_type(int count, PyArray_DTypeMeta *const *inputs) {
    PyArray_DTypeMeta *dtypes[MAX_INPUTS];
    npy_intp given = 0;
    int all_integer = 1, any_bfloat16 = 0;
    for (int i = 0; i < count; i++) {
        if (inputs[i] == NULL) continue; /* reductions leave one open */
        dtypes[given++] = inputs[i];
        all_integer = all_integer && is_integer_or_weak(inputs[i]);
        any_bfloat16 = any_bfloat16 || is_bfloat16(inputs[i]);
    }
    if (all_integer) return (PyArray_DTypeMeta *)Py_NewRef((PyObject *)&PyArray_DoubleDType);
    if (any_bfloat16) return common_with_bfloat16(given, dtypes);
    return PyArray_PromoteDTypeSequence(given, dtypes);
}

/* A new reference to the type that the signature asks for, NULL if it leaves all open. */
static PyArray_DTypeMeta *asked_for(int count, PyArray_DTypeMeta *const *signature) {
    for (int i = 0; i < count; i++) {
        if (signature[i] != NULL) return (PyArray_DTypeMeta *)Py_NewRef((PyObject *)signature[i]);
    }
    return NULL;
}

/* Whether a loop has this type everywhere, and the signature asks for no other. */
static int is_usable(PyArray_DTypeMeta *type, int count, PyArray_DTypeMeta *const *signature) {
    if (type == NULL || !has_loop(type)) return 0;
    for (int i = 0; i < count; i++) {
        if (signature[i] != NULL && signature[i] != type) return 0;
    }
    return 1;
}

/* NumPy's own kind of error. */
static void report(PyUFuncObject *ufunc, int is_asked_for) {
    if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError)) return;
    if (is_asked_for) {
        PyErr_Format(PyExc_TypeError,
                     "No loop matching the specified signature and casting was found for ufunc %s",
                     ufunc->name);
    } else {
        PyErr_Format(PyExc_TypeError,
                     "ufunc '%s' not supported for the input types, and the inputs could not be "
                     "safely coerced to any supported types according to the casting rule ''safe''",
                     ufunc->name);
    }
}

static int meet_bfloat16(int count, PyArray_DTypeMeta *const *dtypes) {
    for (int i = 0; i < count; i++) {
        if (dtypes[i] != NULL && dtypes[i]->type_num >= NPY_USERDEF) return elufast_meet_bfloat16();
    }
    return 0;
}

static int promote(PyObject *object, PyArray_DTypeMeta *const inputs[],
                   PyArray_DTypeMeta *const signature[], PyArray_DTypeMeta *promoted[]) {
    PyUFuncObject *ufunc = (PyUFuncObject *)object;
    if (meet_bfloat16(ufunc->nargs, inputs) < 0 || meet_bfloat16(ufunc->nargs, signature) < 0) {
        return -1;
    }
    PyArray_DTypeMeta *type = asked_for(ufunc->nargs, signature);
    const int is_asked_for = type != NULL;
    if (type == NULL) type = common_type(ufunc->nin, inputs);
    if (!is_usable(type, ufunc->nargs, signature)) {
        report(ufunc, is_asked_for);
        Py_XDECREF((PyObject *)type);
        return -1;
    }
    for (int i = 0; i < ufunc->nargs; i++) {
        promoted[i] = (PyArray_DTypeMeta *)Py_NewRef((PyObject *)type);
    }
    Py_DECREF((PyObject *)type);
    return 0;
}

/* One for all types: NumPy asks it wherever no loop has just the types of a call. */
int elufast_add_promoter(PyObject *ufunc) {
    Py_ssize_t count = ((PyUFuncObject *)ufunc)->nargs;
    int failed = -1;
    PyObject *capsule = PyCapsule_New((void *)&promote, "numpy._ufunc_promoter", NULL);
    PyObject *dtypes = PyTuple_New(count);
    if (capsule != NULL && dtypes != NULL) {
        for (Py_ssize_t i = 0; i < count; i++) PyTuple_SET_ITEM(dtypes, i, Py_NewRef(Py_None));
        failed = PyUFunc_AddPromoter(ufunc, dtypes, capsule);
    }
    Py_XDECREF(dtypes);
    Py_XDECREF(capsule);
    return failed;
}
