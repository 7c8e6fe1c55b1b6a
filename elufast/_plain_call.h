/* Calls that may use a ufunc without inputs for the parameters: same result, at half the price. */
#ifndef ELUFAST_PLAIN_CALL_H
#define ELUFAST_PLAIN_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_parameters.h"

typedef struct {
    /* Borrowed: data, parameters, then positional outputs or what the keywords name. */
    PyObject *items[ELUFAST_MAX_OPERANDS + 2];
    Py_ssize_t count;   /* of the positional ones */
    PyObject *keywords; /* borrowed: a tuple of names, or NULL */
    int is_default;     /* no parameter was given */
    elufast_parameters parameters;
} elufast_plain_call;

/* Whether the call is plain: data that are arrays and numbers of NumPy's own floats (or one Python
 * float), parameters that are missing or Python numbers with a normal value in every type, and no
 * keyword but the parameters' names, out= and where=, on plain arrays again. Such a call can end in
 * no error that would tell the ufuncs apart, and nobody can override it.
 *
 * `names` are those of the inputs, interned, and `defaults` of the parameters. */
int elufast_read_plain_call(elufast_plain_call *call, const elufast_function *f,
                            PyObject *const *names, PyObject *const *defaults,
                            PyObject *const *args, Py_ssize_t count, PyObject *keywords);

/* Whether out= is the one keyword. */
int elufast_has_out_alone(const elufast_plain_call *call);

/* Whether the number has the same meaning in every type of loop: as a Python number it takes the
 * type of the data, and its rounding to a normal number of float16 or a wider type raises no flag.
 * Then elufast_current_parameters may hold it. */
int elufast_read_parameter(PyObject *object, double *value);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_plain_calls(void);

#endif
