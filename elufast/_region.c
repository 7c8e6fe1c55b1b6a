#include "_region.h"

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>

static int count_of(const int *workers_here) {
    int count;
#pragma omp atomic read
    count = *workers_here;
    return count;
}

/* The barrier at the end of a parallel region may keep the caller's processor busy for milliseconds
 * (libgomp: 7, by default) while a worker that has only just been woken queues for the same one. So
 * the caller, when it has nothing left to do, first makes room until the workers are there. */
static void await_workers(const int *workers_here, int workers) {
    enum { LOOKS = 2000, YIELDS = 10000 };
    for (int i = 0; i < LOOKS + YIELDS && count_of(workers_here) < workers; i++) {
        if (i >= LOOKS) sched_yield();
    }
}

void elufast_run_in_region(elufast_job *job) {
    int workers_here = 0;
#pragma omp parallel num_threads(job->threads) shared(workers_here)
    {
        /* Fewer threads than asked for may come. */
        const int number = omp_get_thread_num();
        if (number == 0) {
            elufast_work_off_all(job);
            await_workers(&workers_here, omp_get_num_threads() - 1);
        } else {
#pragma omp atomic
            workers_here++;
            elufast_run_as_worker(job, number);
        }
    }
}
#endif
