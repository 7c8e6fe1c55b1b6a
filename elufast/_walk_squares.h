/* A walk through arrays that lie transposed to each other, by squares that a register is as wide as
 * and as many are as long as: read along the one axis, turned, and written along the other. */
#ifndef ELUFAST_WALK_SQUARES_H
#define ELUFAST_WALK_SQUARES_H

#include "_walk.h"

/* Of fewer strips a further one, which lets the others begin where lines do, costs more than that
 * gains: up to 1.7 times the time. */
enum { ELUFAST_FEW_STRIPS = 16 };

/* 1: done. The outputs lie along the first axis, and the data along `turn`, or the other way round.
 */
int elufast_run_squares(const elufast_walk *walk, int turn);

#endif
