/* A walk through arrays that lie transposed to each other, by squares that a register is as wide as
 * and as many are as long as: read along the one axis, turned, and written along the other. */
#ifndef ELUFAST_WALK_SQUARES_H
#define ELUFAST_WALK_SQUARES_H

#include "_walk.h"

/* 1: done. The first axis is the one along which the outputs lie, `turn` that of the data. */
int elufast_run_squares(const elufast_walk *walk, int turn);

#endif
