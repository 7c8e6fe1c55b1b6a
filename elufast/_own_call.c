#include "_own_call.h"

#include "_float_modes.h"

#define NO_IMPORT_UFUNC
#include <numpy/ufuncobject.h>

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
static _Atomic unsigned long walked_calls;
#else
static volatile unsigned long walked_calls;
#endif

void elufast_count_own_call(void) { walked_calls++; }

unsigned long elufast_walked_calls(void) { return walked_calls; }

/* As NumPy, which clears and reads them for each call too, numbers them. */
static int flags_for_numpy(int raised) {
    return (raised & ELUFAST_INVALID ? NPY_FPE_INVALID : 0) |
           (raised & ELUFAST_DIVIDE ? NPY_FPE_DIVIDEBYZERO : 0) |
           (raised & ELUFAST_OVERFLOW ? NPY_FPE_OVERFLOW : 0) |
           (raised & ELUFAST_UNDERFLOW ? NPY_FPE_UNDERFLOW : 0);
}

PyObject *elufast_pack_outputs(const elufast_function *f, PyObject *const *outs) {
    if (f->out == 1) return Py_NewRef(outs[0]);
    PyObject *tuple = PyTuple_New(f->out);
    for (int i = 0; tuple != NULL && i < f->out; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(outs[i]));
    }
    return tuple;
}

PyObject *elufast_end_flagged_call(const elufast_function *f, PyObject *const *outs, int raised) {
    if (PyUFunc_GiveFloatingpointErrors(f->name, flags_for_numpy(raised)) != 0) return NULL;
    return elufast_pack_outputs(f, outs);
}
