/* Outputs that repeat, because every input is broadcast along the outer axes. */
#ifndef ELUFAST_WALK_REPEATS_H
#define ELUFAST_WALK_REPEATS_H

#include "_walk.h"

/* How many axes are left without the outer ones along which no input changes; all of them where an
 * output is not one run of items. */
int elufast_changing_axes(const elufast_walk *walk);

/* Copies the outputs' first `period` elements to all the others. */
void elufast_repeat_period(const elufast_walk *walk, size_t period);

#endif
