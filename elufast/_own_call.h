/* Calls that NumPy does not get to see: what they may begin with, and how they end. */
#ifndef ELUFAST_OWN_CALL_H
#define ELUFAST_OWN_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#include "_functions.h"
#include "_item_types.h"

/* Nanoseconds of work from which on other threads of Python may run meanwhile. Letting go of the
 * interpreter's lock costs some 40; NumPy does it from 500 elements on, whatever they cost. */
enum { ELUFAST_WORTH_LETTING_GO = 1000 };

/* The elufast_type; -1 for types without loops, and for longdouble, which has the flags of another
 * unit of the processor. */
static inline int elufast_own_kind(PyArrayObject *array) {
    const int kind = elufast_kind_of(PyArray_DESCR(array));
    return kind == ELUFAST_LONGDOUBLE ? -1 : kind;
}

/* The highest bit says that NumPy has to warn before it writes there (np.broadcast_arrays). */
static inline int elufast_is_writable(PyArrayObject *array) {
    return PyArray_FLAGS(array) >= 0 && (PyArray_FLAGS(array) & NPY_ARRAY_WRITEABLE) != 0;
}

/* A new reference: the output, or a tuple of them. */
PyObject *elufast_pack_outputs(const elufast_function *f, PyObject *const *outs);

/* The same; NULL with an exception, if the flags (those of _float_modes.h) are to raise one. */
PyObject *elufast_end_flagged_call(const elufast_function *f, PyObject *const *outs, int raised);

static inline PyObject *elufast_end_own_call(const elufast_function *f, PyObject *const *outs,
                                             int raised) {
    if (raised != 0) return elufast_end_flagged_call(f, outs, raised);
    return f->out == 1 ? Py_NewRef(outs[0]) : elufast_pack_outputs(f, outs);
}

/* For tests: how many calls went through arrays without NumPy, but for the plain ones
 * (_direct_call.c). */
void elufast_count_own_call(void);
unsigned long elufast_walked_calls(void);

#endif
