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
    return elufast_bfloat16_number() >= 0 && elufast_is_bfloat16(dtype->type_num);
}

static int has_loop(PyArray_DTypeMeta *dtype) {
    return dtype == &PyArray_HalfDType || dtype == &PyArray_FloatDType ||
           dtype == &PyArray_DoubleDType || dtype == &PyArray_LongDoubleDType || is_bfloat16(dtype);
}

/* Not one of NumPy's own: bfloat16 or another type of ml_dtypes, say. */
static int is_foreign(PyArray_DTypeMeta *dtype) { return dtype->type_num >= NPY_USERDEF; }

static int all_cast_safely(npy_intp count, PyArray_DTypeMeta *const *dtypes, int to) {
    PyArray_Descr *target = PyArray_DescrFromType(to);
    int all = target != NULL;
    for (npy_intp i = 0; i < count && all; i++) {
        if (is_weak(dtypes[i])) continue; /* a Python number has no say */
        PyArray_Descr *one = PyArray_DescrFromType(dtypes[i]->type_num);
        all = one != NULL && PyArray_CanCastTypeTo(one, target, NPY_SAFE_CASTING);
        Py_XDECREF(one);
    }
    Py_XDECREF(target);
    return all;
}

/* A new reference; NULL (without an exception) if there is none. NumPy's promotion makes float32 of
 * bfloat16 and a Python number, and has no answer for it and float16 or most integers. So, as its
 * own ufuncs do for such types: the first loop to which all of them can be cast safely. */
static PyArray_DTypeMeta *first_safe_loop(npy_intp count, PyArray_DTypeMeta *const *dtypes,
                                          int any_bfloat16) {
    const int types[] = {elufast_bfloat16_number(), NPY_HALF, NPY_FLOAT, NPY_DOUBLE,
                         NPY_LONGDOUBLE};
    for (size_t i = any_bfloat16 ? 0 : 1; i < sizeof types / sizeof *types; i++) {
        if (!all_cast_safely(count, dtypes, types[i])) continue;
        PyArray_Descr *descr = PyArray_DescrFromType(types[i]);
        PyArray_DTypeMeta *found = (PyArray_DTypeMeta *)Py_NewRef((PyObject *)Py_TYPE(descr));
        Py_DECREF(descr);
        return found;
    }
    return NULL;
}

/* A new reference; NULL, perhaps with an exception, if there is none. */
static PyArray_DTypeMeta *common_type(int count, PyArray_DTypeMeta *const *inputs) {
    PyArray_DTypeMeta *dtypes[MAX_INPUTS];
    npy_intp given = 0;
    int all_integer = 1, any_foreign = 0, any_bfloat16 = 0;
    for (int i = 0; i < count; i++) {
        if (inputs[i] == NULL) continue; /* reductions leave one open */
        dtypes[given++] = inputs[i];
        all_integer = all_integer && is_integer_or_weak(inputs[i]);
        any_foreign = any_foreign || is_foreign(inputs[i]);
        any_bfloat16 = any_bfloat16 || is_bfloat16(inputs[i]);
    }
    if (all_integer) return (PyArray_DTypeMeta *)Py_NewRef((PyObject *)&PyArray_DoubleDType);
    if (any_foreign) return first_safe_loop(given, dtypes, any_bfloat16);
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
        if (dtypes[i] != NULL && is_foreign(dtypes[i])) return elufast_meet_bfloat16();
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
