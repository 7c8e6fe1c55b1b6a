/* Functions of integers, which are few: their results are looked up. */
#ifndef ELUFAST_WALK_INTEGERS_H
#define ELUFAST_WALK_INTEGERS_H

#include "_walk_blocks.h"

/* Whether there is one x, which is an integer. */
int elufast_may_look_up(const elufast_walk *walk);

/* Whether x is an integer, nothing else decides about the results, and they are worth a table. */
int elufast_pays_to_look_up(const elufast_plan *plan);

/* Whether the outputs that are looked up can go past the caches without a block in between. */
int elufast_can_look_up_past_caches(const elufast_plan *plan);

/* With the default parameters; to be freed. NULL without memory for it. */
elufast_table *elufast_new_table(const elufast_loop *loop);

/* n elements from there on; 0 if x has integers that are not in the table, and what has been
 * written is to be computed again. */
int elufast_look_up(const elufast_plan *plan, elufast_workspace *w, size_t i, const size_t *at,
                    size_t n);

#endif
