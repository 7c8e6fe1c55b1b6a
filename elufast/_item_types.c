#include "_item_types.h"

#include "_bfloat16.h"

int elufast_item_of(PyArray_Descr *descr, elufast_item *item) {
    int size = (int)PyDataType_ELSIZE(descr);
    switch (descr->type_num) {
        case NPY_BOOL:
            *item = ELUFAST_BOOL;
            return 1;
        case NPY_HALF:
            *item = ELUFAST_F16;
            return 1;
        case NPY_FLOAT:
            *item = ELUFAST_F32;
            return 1;
        case NPY_DOUBLE:
            *item = ELUFAST_F64;
            return 1;
        case NPY_LONGDOUBLE:
            *item = ELUFAST_LONG;
            return 1;
    }
    if (elufast_is_bfloat16(descr->type_num)) {
        *item = ELUFAST_BF16;
        return 1;
    }
    if (!PyTypeNum_ISINTEGER(descr->type_num)) return 0;
    int is_unsigned = PyTypeNum_ISUNSIGNED(descr->type_num);
    elufast_item signed_item = size == 1   ? ELUFAST_I8
                               : size == 2 ? ELUFAST_I16
                               : size == 4 ? ELUFAST_I32
                                           : ELUFAST_I64;
    *item = (elufast_item)(signed_item + is_unsigned);
    return 1;
}

int elufast_type_number(elufast_type kind) {
    static const int numbers[ELUFAST_NUMPY_TYPES] = {NPY_HALF, NPY_FLOAT, NPY_DOUBLE,
                                                     NPY_LONGDOUBLE};
    return kind == ELUFAST_BFLOAT16 ? elufast_bfloat16_number() : numbers[kind];
}

const elufast_item elufast_loop_items[ELUFAST_TYPES] = {ELUFAST_F16, ELUFAST_F32, ELUFAST_F64,
                                                        ELUFAST_LONG, ELUFAST_BF16};

int elufast_kind_of(PyArray_Descr *descr) {
    elufast_item item;
    if (!PyArray_ISNBO(descr->byteorder) || !elufast_item_of(descr, &item)) return -1;
    for (int i = 0; i < ELUFAST_TYPES; i++) {
        if (elufast_loop_items[i] == item) return i;
    }
    return -1;
}
