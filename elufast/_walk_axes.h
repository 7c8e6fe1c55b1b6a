/* The axes of a walk in the order of the memory, as NumPy's iterator puts them. */
#ifndef ELUFAST_WALK_AXES_H
#define ELUFAST_WALK_AXES_H

#include "_walk.h"

/* From C order (the last axis of the arrays first). `order` says which axis of that each is now. An
 * output that is still to be made has no steps, and no say. */
void elufast_sort_axes(elufast_walk *walk, int *order);

/* Axes along which the first output goes backward are walked the other way. */
void elufast_turn_forward(elufast_walk *walk);

/* Axes that go on where the one before ends become one with it; those of one element go. */
void elufast_merge_axes(elufast_walk *walk);

#endif
