/* What a walk does where its arrays are larger than the caches. */
#ifndef ELUFAST_WALK_PAST_CACHES_H
#define ELUFAST_WALK_PAST_CACHES_H

#include "_walk_plan.h"

/* Sets whether outputs go past the caches, and whether straight from the kernels. */
void elufast_plan_streams(elufast_plan *plan);

/* Whether they should, for a caller that writes them there without a block between. */
int elufast_pays_if_straight(const elufast_plan *plan);

/* Once it is known what kernels take where it lies: sets which outputs they write there, and which
 * rows are prefetched. */
void elufast_plan_past_caches(elufast_plan *plan);

#endif
