/* A walk axis after axis, in blocks. */
#ifndef ELUFAST_WALK_IN_ORDER_H
#define ELUFAST_WALK_IN_ORDER_H

#include "_walk.h"

/* The first two axes may be those of tiles. */
void elufast_run_in_order(const elufast_walk *walk, int has_tiles);

#endif
