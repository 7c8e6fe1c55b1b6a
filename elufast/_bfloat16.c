#include "_bfloat16.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
static _Atomic int number = -1;
static _Atomic unsigned long registering;
#else
static volatile int number = -1;
static volatile unsigned long registering;
#endif
static int (*registrar)(int);
static PyThread_type_lock lock;

int elufast_prepare_bfloat16(int (*register_loops)(int)) {
    registrar = register_loops;
    lock = PyThread_allocate_lock();
    if (lock == NULL) PyErr_NoMemory();
    return lock != NULL ? 0 : -1;
}

int elufast_is_bfloat16(int type_number) { return type_number == number; }

int elufast_bfloat16_number(void) { return number; }

/* NumPy's number of the type, -1 where ml_dtypes is not there (or not wholly imported). */
static int find_number(void) {
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    PyObject *module = PyMapping_GetItemString(modules, "ml_dtypes");
    PyObject *type = module == NULL ? NULL : PyObject_GetAttrString(module, "bfloat16");
    PyArray_Descr *descr = NULL;
    if (type != NULL && !PyArray_DescrConverter(type, &descr)) descr = NULL;
    PyErr_Clear();
    /* Not a type of NumPy's own that somebody else calls so. */
    int found = descr == NULL || descr->type_num < NPY_USERDEF ? -1 : descr->type_num;
    Py_XDECREF(descr);
    Py_XDECREF(type);
    Py_XDECREF(module);
    return found;
}

static int meet(void) {
    if (number >= 0) return 0;
    int found = find_number();
    if (found < 0) return 0;
    if (registrar(found) < 0) return -1;
    number = found;
    return 0;
}

/* One thread registers, and those that come meanwhile wait: without the lock of the interpreter two
 * would append to NumPy's list of loops at once, and a third one look for a loop in it. The thread
 * itself may come back, in a finalizer. */
int elufast_meet_bfloat16(void) {
    const unsigned long self = PyThread_get_thread_ident();
    if (number >= 0 || registering == self) return 0;
    Py_BEGIN_ALLOW_THREADS;
    PyThread_acquire_lock(lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS;
    registering = self;
    int failed = meet();
    registering = 0;
    PyThread_release_lock(lock);
    return failed;
}

/* ---- Python numbers ---- */

static int is_weak(PyObject *object) {
    return PyFloat_CheckExact(object) || PyLong_CheckExact(object);
}

static int is_of_type(PyObject *object) {
    if (PyArray_Check(object)) return elufast_is_bfloat16(PyArray_TYPE((PyArrayObject *)object));
    if (!PyArray_CheckScalar(object)) return 0;
    PyArray_Descr *descr = PyArray_DescrFromScalar(object);
    int is = descr != NULL && elufast_is_bfloat16(descr->type_num);
    if (descr == NULL) PyErr_Clear();
    Py_XDECREF(descr);
    return is;
}

int elufast_make_bfloat16(PyObject **inputs, int count, PyObject **made) {
    int any = 0;
    for (int i = 0; i < count; i++) {
        if (is_weak(inputs[i])) continue;
        if (!is_of_type(inputs[i])) return 0;
        any = 1;
    }
    for (int i = 0; i < count && any; i++) {
        if (!is_weak(inputs[i])) continue;
        PyArray_Descr *descr = PyArray_DescrFromType(number);
        made[i] = PyArray_FromAny(inputs[i], descr, 0, 0, 0, NULL);
        if (made[i] == NULL) return -1;
        inputs[i] = made[i];
    }
    return 0;
}
