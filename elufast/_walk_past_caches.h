/* What a walk does where its arrays are larger than the caches. */
#ifndef ELUFAST_WALK_PAST_CACHES_H
#define ELUFAST_WALK_PAST_CACHES_H

#include "_walk_plan.h"

/* Whether outputs can go past the caches straight from a kernel, unless the parameters turn out to
 * be extreme. */
int elufast_goes_straight(const elufast_plan *plan);

/* Whether they go there, straight or by way of a block. */
int elufast_walk_pays_past_caches(const elufast_plan *plan, int is_straight);

/* Once it is known what kernels take where it lies: which outputs go there straight from a kernel,
 * and which rows are prefetched. */
void elufast_plan_past_caches(elufast_plan *plan);

#endif
