/* The axes of a walk: in the order of the memory, as NumPy's iterator puts them, but walked from
 * the end that suits the data. */
#ifndef ELUFAST_WALK_AXES_H
#define ELUFAST_WALK_AXES_H

#include "_walk.h"

/* From C order (the last axis of the arrays first). `order` says which axis of that each is now. An
 * output that is still to be made has no steps, and no say. */
void elufast_sort_axes(elufast_walk *walk, int *order);

/* The first output's rows are walked forward, and the other axes as most of the data go on: what
 * comes in the order of the memory, from either end, the processor fetches by itself. Where the
 * output's rows then come in reverse, that is for rows of half a KiB and more. Of 1.6e7 elements
 * X[:, ::-1] and X[::-1, :] take 0.36 to 0.48 of the time with one thread (compare.py --study
 * layouts, before and after). Axes of one element first have to go. */
void elufast_choose_directions(elufast_walk *walk);

/* Axes that go on where the one before ends become one with it; those of one element go. */
void elufast_merge_axes(elufast_walk *walk);

#endif
