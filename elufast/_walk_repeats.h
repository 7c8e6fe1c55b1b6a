/* Outputs that repeat, because every input is broadcast along the outer axes. */
#ifndef ELUFAST_WALK_REPEATS_H
#define ELUFAST_WALK_REPEATS_H

#include "_walk.h"

/* The walk without the outer axes along which no input changes; all of it where there are none, or
 * an output is not one run of items. */
elufast_walk elufast_first_period(const elufast_walk *walk);

/* Copies the outputs' first `period` elements to all the others. */
void elufast_repeat_period(const elufast_walk *walk, size_t period);

#endif
