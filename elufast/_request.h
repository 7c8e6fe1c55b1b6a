/* What a call asks for, as its arguments say it. */
#ifndef ELUFAST_REQUEST_H
#define ELUFAST_REQUEST_H

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

/* The same with each operand in its place. */
typedef struct {
    PyObject *ufunc;
    const elufast_function *function;
    int inputs, operands;
    PyObject *given[ELUFAST_MAX_OPERANDS]; /* borrowed; NULL: an output to be allocated */
} elufast_request;

/* Whether any of them is an array with axes. In a few nanoseconds: this decides for numbers too,
 * and so is part of what they cost. */
int elufast_have_axes(const elufast_arguments *arguments);

/* 0: there are keywords, or outputs, that NumPy has to look at. */
int elufast_read_request(elufast_request *request, const elufast_arguments *arguments);

/* The number of elements after broadcasting; too large where the shapes do not fit. */
double elufast_broadcast_size(const elufast_request *request);

/* A Python number, which takes the type of the arrays. */
int elufast_is_weak(PyObject *object);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_requests(void);

#endif
