#include "_bfloat16.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
static _Atomic int number = -1;
#else
static volatile int number = -1;
#endif
static int (*registrar)(int);

void elufast_prepare_bfloat16(int (*register_loops)(int)) { registrar = register_loops; }

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
    int found = descr == NULL ? -1 : descr->type_num;
    Py_XDECREF(descr);
    Py_XDECREF(type);
    Py_XDECREF(module);
    return found;
}

int elufast_meet_bfloat16(void) {
    if (number >= 0) return 0;
    int found = find_number();
    if (found < 0) return 0;
    if (registrar(found) < 0) return -1;
    number = found;
    return 0;
}
