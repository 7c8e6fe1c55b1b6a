/* A walk through arrays that lie transposed to each other, tile by tile. */
#ifndef ELUFAST_WALK_TILES_H
#define ELUFAST_WALK_TILES_H

#include "_walk.h"

/* Along which some operand lies closer than along the first; 0 if there is none, or tiles are not
 * worth it. */
int elufast_axis_to_turn(const elufast_walk *walk);

void elufast_run_tiles(const elufast_walk *walk, int axis_to_turn);

#endif
