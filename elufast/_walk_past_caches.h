/* What a walk does where its arrays are larger than the caches. */
#ifndef ELUFAST_WALK_PAST_CACHES_H
#define ELUFAST_WALK_PAST_CACHES_H

#include "_walk_plan.h"

/* Whether outputs go past the caches. */
int elufast_walk_pays_past_caches(const elufast_plan *plan);

/* Once it is known what kernels take where it lies: which outputs go there straight from a kernel,
 * and which rows are fetched before their turn. */
void elufast_plan_past_caches(elufast_plan *plan);

#endif
