#include "_parallel.h"

#ifdef _OPENMP
#include <omp.h>
#include <stdatomic.h>

#include "_job.h"
#include "_region.h"
#include "_team.h"
#include "_thread_count.h"

/* libgomp ends the process if it cannot start as many threads as it is asked for. */
enum { MOST_THREADS = 1024 };

/* Read by loops that hold no lock. */
static atomic_int shares_pool;

int elufast_share_pool(int yes) { return atomic_exchange(&shares_pool, yes); }

static void run_with_region(elufast_body *body, void *context, const elufast_range *range,
                            int threads) {
    elufast_job job;
    elufast_deal_out(&job, body, context, range, threads);
    elufast_run_in_region(&job);
    elufast_raise_flags(job.raised);
}

#ifdef ELUFAST_HAS_TEAM
static void run_with_team(elufast_body *body, void *context, const elufast_range *range,
                          const elufast_team *team) {
    elufast_job job;
    elufast_deal_out(&job, body, context, range, team->count + 1);
    elufast_send_team(team, elufast_run_as_worker, &job, context);
    elufast_work_off_own(&job);
    /* Who has begun with a short part does all of it. */
    if (!job.are_short || !elufast_has_team_begun(team, &job)) elufast_work_off_all(&job);
    elufast_dismiss_team(team, &job);
    elufast_raise_flags(job.raised);
}

/* How many there were; those that are not there are left to others at once. */
static int run_on_threads(elufast_body *body, void *context, const elufast_range *range,
                          int threads) {
    if (atomic_load_explicit(&shares_pool, memory_order_relaxed)) {
        run_with_region(body, context, range, threads);
        return threads;
    }
    const elufast_team team = elufast_gather_team(threads - 1, range->n / range->minimum);
    const int there = team.count + 1;
    elufast_give_back_threads(threads - there);
    if (there == 1) {
        body(context, 0, range->n);
    } else {
        run_with_team(body, context, range, &team);
    }
    return there;
}
#else
static int run_on_threads(elufast_body *body, void *context, const elufast_range *range,
                          int threads) {
    run_with_region(body, context, range, threads);
    return threads;
}
#endif

static int threads_wanted(const elufast_range *range, int limit) {
    size_t wanted = omp_in_parallel() ? 1 : (size_t)limit;
    if (wanted > range->n / range->minimum) wanted = range->n / range->minimum;
    return (int)(wanted < MOST_THREADS ? wanted : MOST_THREADS);
}

static void run_long(elufast_body *body, void *context, const elufast_range *range) {
    const int limit = elufast_threads_of_loop();
    int taken = elufast_take_threads(threads_wanted(range, limit), limit);
    if (taken == 1) {
        body(context, 0, range->n);
    } else {
        taken = run_on_threads(body, context, range, taken);
    }
    elufast_give_back_threads(taken);
}
#else
int elufast_share_pool(int yes) {
    (void)yes;
    return 0;
}

static void run_long(elufast_body *body, void *context, const elufast_range *range) {
    body(context, 0, range->n);
}
#endif

void elufast_run_parallel(elufast_body *body, void *context, const elufast_range *range) {
    /* Even `if(0)` on a pragma costs half a microsecond, so short loops do not come near it. */
    if (range->n < 2 * range->minimum) {
        body(context, 0, range->n);
    } else {
        run_long(body, context, range);
    }
}
