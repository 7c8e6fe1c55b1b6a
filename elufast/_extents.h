/* Where an array lies in memory. */
#ifndef ELUFAST_EXTENTS_H
#define ELUFAST_EXTENTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

typedef struct {
    npy_uintp first, end;
} elufast_extent;

/* Of an array with elements. */
elufast_extent elufast_extent_of(PyArrayObject *array);

/* Whether its elements are surely apart: each axis steps over all that the smaller ones span. */
int elufast_has_separate_elements(PyArrayObject *array);

#endif
