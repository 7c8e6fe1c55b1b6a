#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_parallel.h"

#include "_thread_count.h"

/* Of some 30 us; longer ones gain nothing by it, and cannot be shared with a faster thread.
 * benchmarks/thresholds.py parts */
size_t elufast_whole_part = 8;

#ifdef _OPENMP
#include <omp.h>
#include <sched.h>

#include "_float_modes.h"

/* The range is dealt out in parts, one for each thread: one that is called again finds its part in
 * its own caches. Who is done takes chunks from the others' parts, so that nobody waits for work
 * that a late thread has not begun.
 *
 * Every time work is taken, the stores that went before have to leave the processor's queue first,
 * and the kernel begins anew. So a short part is taken in one piece, unless its thread comes so
 * late that others have begun with it. */
enum { MOST_PARTS = 64, CHUNKS_PER_PART = 8 };

/* libgomp ends the process if it cannot start as many threads as it is asked for. */
enum { MOST_THREADS = 1024 };

typedef struct {
    size_t start, next, end;
    char own_cache_line[104];
} part;

typedef struct {
    elufast_body *body;
    void *context;
    size_t before; /* how far the first multiple of the grain lies before element 0 */
    size_t chunk;
    int part_count;
    int are_short;
    int caller_processor;
    int workers_here;
    elufast_modes modes; /* the caller's */
    part parts[MOST_PARTS];
} job;

static size_t rounded_up(size_t n, size_t grain) { return (n + grain - 1) / grain * grain; }

static void deal_out(job *j, size_t n, size_t minimum, size_t grain, int threads) {
    size_t end = n + j->before, start = 0;
    j->part_count = threads < MOST_PARTS ? threads : MOST_PARTS;
    size_t share = rounded_up((end - 1) / (size_t)j->part_count + 1, grain);
    j->chunk = rounded_up((share - 1) / CHUNKS_PER_PART + 1, grain);
    j->are_short = share / minimum < elufast_whole_part;
    for (int i = 0; i < j->part_count; i++) {
        j->parts[i].start = j->parts[i].next = start;
        start = end - start < share ? end : start + share;
        j->parts[i].end = start;
    }
}

static size_t next_of(const part *p) {
    size_t next;
#pragma omp atomic read
    next = p->next;
    return next;
}

/* 0: nothing is left. */
static int work_off(job *j, part *p, size_t most) {
    size_t start;
    if (next_of(p) >= p->end) return 0;
#pragma omp atomic capture
    {
        start = p->next;
        p->next += most;
    }
    if (start >= p->end) return 0;
    const size_t end = p->end - start < most ? p->end : start + most;
    start = start > j->before ? start : j->before;
    j->body(j->context, start - j->before, end - start);
    return 1;
}

static void work_off_all(job *j, int number) {
    part *own = &j->parts[number % j->part_count];
    if (j->are_short && next_of(own) == own->start) work_off(j, own, own->end);
    for (int i = 0; i < j->part_count; i++) {
        while (work_off(j, &j->parts[(number + i) % j->part_count], j->chunk)) continue;
    }
}

static int current_processor(void) {
#ifdef __linux__
    return sched_getcpu();
#else
    return -1;
#endif
}

/* Linux may wake a worker on the very processor that its caller works on, and leave both there for
 * milliseconds while another one idles. Such a worker moves, and is then free to go anywhere again.
 */
static void leave_processor(int processor, int threads) {
#ifdef __linux__
    cpu_set_t all, others;
    if (processor < 0 || sched_getcpu() != processor) return;
    if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < threads) return;
    others = all;
    CPU_CLR(processor, &others);
    if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof all, &all);
#else
    (void)processor, (void)threads;
#endif
}

static int workers_here(const job *j) {
    int count;
#pragma omp atomic read
    count = j->workers_here;
    return count;
}

/* The barrier at the end of a parallel region may keep the caller's processor busy for milliseconds
 * (libgomp: 7, by default) while a worker that has only just been woken queues for the same one. So
 * the caller, when it has nothing left to do, first makes room until the workers are there. */
static void await_workers(const job *j, int workers) {
    enum { LOOKS = 2000, YIELDS = 10000 };
    for (int i = 0; i < LOOKS + YIELDS && workers_here(j) < workers; i++) {
        if (i >= LOOKS) sched_yield();
    }
}

/* Each thread has its own flags and its own rounding and flushing modes. Workers take over the
 * modes of the caller (who may flush subnormals, say) and give back the flags; what they had
 * before, they get back, for the pool belongs to other libraries as well. */
static int run_as_worker(job *j, int number, int team) {
    elufast_own_modes own;
    leave_processor(j->caller_processor, team);
    elufast_take_modes(&j->modes, &own);
#pragma omp atomic
    j->workers_here++;
    work_off_all(j, number);
    return elufast_restore_modes(&own);
}

static void run_job(job *j, int threads) {
    int raised = 0;
    j->modes = elufast_read_modes();
    j->caller_processor = current_processor();
    j->workers_here = 0;
#pragma omp parallel num_threads(threads) reduction(| : raised)
    {
        /* Fewer threads than asked for may come. */
        int number = omp_get_thread_num(), team = omp_get_num_threads();
        if (number == 0) {
            work_off_all(j, 0);
            await_workers(j, team - 1);
        } else {
            raised |= run_as_worker(j, number, team);
        }
    }
    elufast_raise_flags(raised);
}

static void run_on_threads(elufast_body *body, void *context, size_t n, size_t minimum,
                           size_t grain, size_t before, int threads) {
    job j; /* of some KiB, most of which stays unused: no initializer */
    j.body = body;
    j.context = context;
    j.before = before;
    deal_out(&j, n, minimum, grain, threads);
    run_job(&j, threads);
}

static int threads_wanted(size_t n, size_t minimum, int limit) {
    size_t wanted = omp_in_parallel() ? 1 : (size_t)limit;
    if (wanted > n / minimum) wanted = n / minimum;
    return (int)(wanted < MOST_THREADS ? wanted : MOST_THREADS);
}
#endif

void elufast_run_parallel_aligned(elufast_body *body, void *context, size_t n, size_t minimum,
                                  size_t grain, size_t before) {
    /* Even `if(0)` on the pragma costs half a microsecond, so short loops do not come near it. */
    if (n < 2 * minimum) {
        body(context, 0, n);
        return;
    }
#ifdef _OPENMP
    const int limit = elufast_get_threads(NULL);
    const int taken = elufast_take_threads(threads_wanted(n, minimum, limit), limit);
    if (taken == 1) {
        body(context, 0, n);
    } else {
        run_on_threads(body, context, n, minimum, grain, before, taken);
    }
    elufast_give_back_threads(taken);
#else
    (void)grain, (void)before;
    body(context, 0, n);
#endif
}

void elufast_run_parallel(elufast_body *body, void *context, size_t n, size_t minimum,
                          size_t grain) {
    elufast_run_parallel_aligned(body, context, n, minimum, grain, 0);
}
