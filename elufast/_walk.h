/* A call over arrays of any layout and type, run by threads without NumPy. */
#ifndef ELUFAST_WALK_H
#define ELUFAST_WALK_H

#include "_inner_loop.h"
#include "_moves.h"

enum { ELUFAST_MAX_AXES = 64 }; /* NPY_MAXDIMS */

typedef struct {
    char *first;
    ptrdiff_t steps[ELUFAST_MAX_AXES]; /* in bytes, of the fastest axis first */
    size_t size;                       /* of an item */
    elufast_item item;
    int is_swapped, is_aligned;
} elufast_operand;

typedef struct {
    const elufast_loop *loop;         /* with parameters */
    elufast_item item;                /* what the loop computes in */
    int axes;                         /* at least one */
    size_t lengths[ELUFAST_MAX_AXES]; /* the fastest first */
    size_t n;                         /* their product */
    elufast_operand operands[ELUFAST_MAX_OPERANDS];
} elufast_walk;

static inline int elufast_count_inputs(const elufast_walk *walk) {
    return walk->loop->function->data + walk->loop->function->parameters;
}

static inline int elufast_count_operands(const elufast_walk *walk) {
    return elufast_count_inputs(walk) + walk->loop->function->out;
}

/* Whether every operand is of the loop's type or can be converted to or from it. */
int elufast_can_walk(const elufast_walk *walk);

/* An output must not overlap any other operand, unless it is the very same array as an input. */
void elufast_run_walk(const elufast_walk *walk);

#endif
