/* How a walk is cut into kernels' calls, and which operands a kernel can take as they lie. */
#ifndef ELUFAST_WALK_PLAN_H
#define ELUFAST_WALK_PLAN_H

#include "_walk.h"

/* What a kernel cannot take as it lies goes through blocks of so many bytes: those of all operands
 * together stay in the first-level cache, and a kernel's call is small against the work. */
enum { ELUFAST_BLOCK_BYTES = 4096 };

typedef struct {
    const elufast_operand *operand;
    elufast_converter *convert; /* NULL: it is of the loop's type */
    int is_usable;              /* native, and lies where it can be read */
    int is_straight;            /* usable, and one contiguous array in the order of the walk */
    int is_prepared;            /* the block holds it before the walk begins */
    size_t period;              /* its elements repeat after so many */
} elufast_lane;

typedef struct {
    const elufast_walk *walk;
    elufast_lane lanes[ELUFAST_MAX_OPERANDS];
    int inputs, operands;
    int by_rows;     /* a kernel's call ends at the end of a row at the latest */
    int are_scalars; /* each parameter is one number for a kernel's call */
    size_t block;    /* elements that a block holds */
    size_t longest;  /* elements of one kernel's call */
} elufast_plan;

int elufast_count_operands(const elufast_walk *walk);

elufast_plan elufast_make_plan(const elufast_walk *walk);

/* Whether those of one kernel's call are contiguous and native, though perhaps of another type. */
int elufast_is_row_straight(const elufast_plan *plan, int k);

#endif
