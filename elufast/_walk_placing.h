/* Which operands of a walk a kernel takes as they lie (_placed.h). */
#ifndef ELUFAST_WALK_PLACING_H
#define ELUFAST_WALK_PLACING_H

#include "_walk_plan.h"

/* How operand k could be placed, whose lane is known but for that. */
elufast_placing elufast_placing_of(const elufast_plan *plan, int k);

/* With the defaults, what a kernel could not take otherwise is read and written as it lies. */
void elufast_plan_placing(elufast_plan *plan);

#endif
