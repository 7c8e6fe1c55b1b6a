/* Calls that NumPy would cut into short pieces: run by all threads, with NumPy's results. */
#ifndef ELUFAST_ITERATE_H
#define ELUFAST_ITERATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_functions.h"

/* A call as NumPy's slot takes it; inputs beyond `count` are `defaults`. */
typedef struct {
    PyObject *ufunc; /* the public one, with inputs for the parameters */
    const elufast_function *function;
    PyObject *const *args; /* the values of the keywords follow */
    Py_ssize_t count;
    PyObject *keywords;        /* a tuple of names, or NULL */
    PyObject *const *defaults; /* of all parameters */
} elufast_arguments;

/* 1: done, *result is a new reference, or NULL with an exception. 0: nothing was done and no
 * exception is set; NumPy has to do the call. */
int elufast_iterate(const elufast_arguments *arguments, PyObject **result);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_iterating(void);

/* How many calls elufast_iterate did, for tests. */
unsigned long elufast_iterated_calls(void);

#endif
