/* NumPy's types and ours: of the items in arrays, and of the loops. */
#ifndef ELUFAST_ITEM_TYPES_H
#define ELUFAST_ITEM_TYPES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

#include "_kernels.h"
#include "_moves.h"

/* Whether items of the type are read and written here; the byte order is another matter. */
int elufast_item_of(PyArray_Descr *descr, elufast_item *item);

/* The elufast_type of a type that has loops, -1 for others. */
int elufast_kind_of(PyArray_Descr *descr);

/* NumPy's number of the type of a loop. */
int elufast_type_number(elufast_type kind);

/* In the order of elufast_type. */
extern const elufast_item elufast_loop_items[ELUFAST_TYPES];

#endif
