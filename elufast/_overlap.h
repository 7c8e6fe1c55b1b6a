/* Operands that share memory: NumPy hands over such arrays where ascending order gives the right
 * result. */
#ifndef ELUFAST_OVERLAP_H
#define ELUFAST_OVERLAP_H

#include <stdint.h>

#include "_loop_call.h"

typedef enum {
    ELUFAST_APART,
    ELUFAST_INPUT_AHEAD, /* a block may be read before any of it is written */
    ELUFAST_IN_ORDER     /* one element after the other */
} elufast_overlap;

/* Two runs of so many bytes, which may be one and the same address: that is not apart. */
static inline int elufast_are_apart(const char *a, const char *b, size_t bytes) {
    return (size_t)((uintptr_t)a - (uintptr_t)b + bytes - 1) >= 2 * bytes - 1;
}

/* Of each output with everything else, for n > 0 elements. */
elufast_overlap elufast_worst_overlap(const elufast_loop_call *c, size_t n);

#endif
