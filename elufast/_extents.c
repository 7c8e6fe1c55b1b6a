#include "_extents.h"

elufast_extent elufast_extent_of(PyArrayObject *array) {
    npy_uintp first = (npy_uintp)PyArray_DATA(array), last = first;
    for (int axis = 0; axis < PyArray_NDIM(array); axis++) {
        npy_intp span = PyArray_STRIDE(array, axis) * (PyArray_DIM(array, axis) - 1);
        if (span < 0) first += (npy_uintp)span;
        if (span > 0) last += (npy_uintp)span;
    }
    elufast_extent e = {first, last + (npy_uintp)PyArray_ITEMSIZE(array)};
    return e;
}

int elufast_has_separate_elements(PyArrayObject *array) {
    if ((PyArray_FLAGS(array) & (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS)) != 0) return 1;
    npy_uintp spanned = (npy_uintp)PyArray_ITEMSIZE(array);
    int used[NPY_MAXDIMS] = {0};
    for (int n = 0; n < PyArray_NDIM(array); n++) {
        int next = -1;
        for (int axis = 0; axis < PyArray_NDIM(array); axis++) {
            npy_intp step = Py_ABS(PyArray_STRIDE(array, axis));
            if (!used[axis] && (next < 0 || step < Py_ABS(PyArray_STRIDE(array, next)))) {
                next = axis;
            }
        }
        used[next] = 1;
        npy_uintp step = (npy_uintp)Py_ABS(PyArray_STRIDE(array, next));
        if (PyArray_DIM(array, next) == 1) continue;
        if (step < spanned) return 0;
        spanned += step * (npy_uintp)(PyArray_DIM(array, next) - 1);
    }
    return 1;
}
