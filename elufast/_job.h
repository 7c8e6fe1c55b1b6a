/* A long loop that several threads work on: who computes which elements. */
#ifndef ELUFAST_JOB_H
#define ELUFAST_JOB_H

#include <stddef.h>

#include "_float_modes.h"
#include "_parallel.h"
#include "_stream.h"

/* The range is dealt out in parts, one for each thread: one that is called again finds its part in
 * its own caches. Who is done takes chunks from the others' parts, so that nobody waits for work
 * that a late thread has not begun.
 *
 * Every time work is taken, the stores that went before have to leave the processor's queue first,
 * and the kernel begins anew. So a short part is taken in one piece, unless its thread comes so
 * late that others have begun with it. */
enum { ELUFAST_MOST_PARTS = 64 };

typedef struct {
    _Alignas(ELUFAST_TWO_LINES) size_t start;
    size_t next, end;
} elufast_part;

typedef struct {
    elufast_body *body;
    void *context;
    size_t before; /* how far the first multiple of the grain lies before element 0 */
    size_t chunk;
    int part_count;
    int are_short;
    int threads; /* at most; fewer may come */
    int caller_processor;
    elufast_modes modes; /* the caller's */
    int raised;          /* the flags that workers raised */
    elufast_part parts[ELUFAST_MOST_PARTS];
} elufast_job;

/* The job is of some KiB, most of which stays unused: no initializer. */
void elufast_deal_out(elufast_job *job, elufast_body *body, void *context,
                      const elufast_range *range, int threads);

/* What the caller does: its own part; then also what nobody has begun. */
void elufast_work_off_own(elufast_job *job);
void elufast_work_off_all(elufast_job *job);

/* An elufast_errand: what a worker does, of a number from 1 on. */
void elufast_run_as_worker(void *job, int number);

#endif
