/* What a walk does where its arrays are larger than the caches. */
#ifndef ELUFAST_WALK_PAST_CACHES_H
#define ELUFAST_WALK_PAST_CACHES_H

#include "_walk_plan.h"

/* Whether outputs go past the caches, and whether straight from where kernels write them. */
void elufast_plan_streams(elufast_plan *plan);

/* Whether they would go there straight from who calls. */
int elufast_pays_if_straight(const elufast_plan *plan);

/* Once it is known what kernels take where it lies: which outputs they write there, and which rows
 * are prefetched. */
void elufast_plan_past_caches(elufast_plan *plan);

#endif
