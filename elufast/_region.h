/* A job done by a parallel region of its own: by the pool of threads that the calling thread shares
 * with whatever other library uses the same OpenMP. */
#ifndef ELUFAST_REGION_H
#define ELUFAST_REGION_H

#include "_job.h"

void elufast_run_in_region(elufast_job *job);

#endif
