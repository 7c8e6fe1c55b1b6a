#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "_parallel.h"

#include "_openmp.h"

#include <fenv.h>
#ifdef _OPENMP
#include <sched.h>
#endif

/* Read by loops that hold no lock while another thread may set them. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
typedef _Atomic int shared_int;
#else
typedef volatile int shared_int;
#endif

static shared_int set_count, environment_count, quota_count, processor_count = 1;
/* A child of fork() whose parent's threads could not be released beforehand: see before_fork. */
static shared_int must_be_serial;

#ifdef _OPENMP
/* libgomp ends the process if it cannot start as many threads as it is asked for. */
enum { MOST_THREADS = 1024 };
#endif

void elufast_configure_threads(int environment, int quota, int processors) {
    environment_count = environment;
    quota_count = quota;
    processor_count = processors;
}

void elufast_set_threads(int count) { set_count = count; }

/* Asked for at each long loop (some 100 ns), because it may be changed while the process runs. */
static int usable_processors(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return processor_count;
}

int elufast_openmp_version(void) {
#ifdef _OPENMP
    return _OPENMP;
#else
    return 0;
#endif
}

int elufast_get_threads(elufast_threads_origin *origin) {
    elufast_threads_origin unused;
    if (origin == NULL) origin = &unused;
    if (elufast_openmp_version() == 0 || must_be_serial) {
        *origin = must_be_serial ? ELUFAST_THREADS_FORKED : ELUFAST_THREADS_NO_OPENMP;
        return 1;
    }
    if (set_count > 0) {
        *origin = ELUFAST_THREADS_SET;
        return set_count;
    }
    if (environment_count > 0) {
        *origin = ELUFAST_THREADS_ENVIRONMENT;
        return environment_count;
    }
    int count = usable_processors();
    *origin = ELUFAST_THREADS_PROCESSORS;
    if (quota_count > 0 && quota_count < count) {
        *origin = ELUFAST_THREADS_QUOTA;
        count = quota_count;
    }
    return count;
}

#ifdef _OPENMP
#include <omp.h>
#include <stdatomic.h>

/* By all long loops under way, callers included; and the most at once since somebody asked. */
static atomic_int in_use, most_in_use;

/* Callers that compute at the same time (threads of Dask, of a pool, of Python) share the limit: a
 * loop takes what the others have left of it, and has its own caller in any case. So there are
 * never more than limit + callers - 1. No other memory hangs on these numbers, hence relaxed. */
static int take_threads(int wanted, int limit) {
    int before = atomic_load_explicit(&in_use, memory_order_relaxed), taken;
    do {
        taken = limit - before < wanted ? limit - before : wanted;
        if (taken < 1) taken = 1;
    } while (!atomic_compare_exchange_weak_explicit(&in_use, &before, before + taken,
                                                    memory_order_relaxed, memory_order_relaxed));
    int most = atomic_load_explicit(&most_in_use, memory_order_relaxed);
    while (most < before + taken &&
           !atomic_compare_exchange_weak_explicit(&most_in_use, &most, before + taken,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return taken;
}

static void give_back_threads(int taken) {
    atomic_fetch_sub_explicit(&in_use, taken, memory_order_relaxed);
}

int elufast_threads_in_use(int *most) {
    *most = atomic_exchange_explicit(&most_in_use, 0, memory_order_relaxed);
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}

/* The range is dealt out in parts, one for each thread, which takes its part chunk by chunk: a
 * thread that is called again finds its part in its own caches. Who is done takes chunks from the
 * others' parts, so that nobody waits for work that a late thread has not begun. */
enum { MOST_PARTS = 64, CHUNKS_PER_PART = 8 };

typedef struct {
    size_t next, end;
    char own_cache_line[112];
} part;

typedef struct {
    elufast_body *body;
    void *context;
    size_t before; /* how far the first multiple of the grain lies before element 0 */
    size_t chunk;
    int part_count;
    int caller_processor;
    int done;
    fenv_t caller;
    part parts[MOST_PARTS];
} job;

static size_t rounded_up(size_t n, size_t grain) { return (n + grain - 1) / grain * grain; }

static void deal_out(job *j, size_t n, size_t grain, int threads) {
    size_t end = n + j->before, start = 0;
    j->part_count = threads < MOST_PARTS ? threads : MOST_PARTS;
    size_t share = rounded_up((end - 1) / (size_t)j->part_count + 1, grain);
    j->chunk = rounded_up((share - 1) / CHUNKS_PER_PART + 1, grain);
    for (int i = 0; i < j->part_count; i++) {
        j->parts[i].next = start;
        start = end - start < share ? end : start + share;
        j->parts[i].end = start;
    }
}

static void work_off(job *j, part *p) {
    for (;;) {
        size_t start;
#pragma omp atomic read
        start = p->next;
        if (start >= p->end) return;
#pragma omp atomic capture
        {
            start = p->next;
            p->next += j->chunk;
        }
        if (start >= p->end) return;
        size_t end = p->end - start < j->chunk ? p->end : start + j->chunk;
        start = start > j->before ? start : j->before;
        j->body(j->context, start - j->before, end - start);
    }
}

static void work_off_all(job *j, int first) {
    for (int i = 0; i < j->part_count; i++) work_off(j, &j->parts[(first + i) % j->part_count]);
}

/* Each thread has its own flags and its own rounding and flushing modes. Workers take over the
 * modes of the caller (who may flush subnormals, say) and give back the flags; what they had
 * before, they get back, for the pool belongs to other libraries as well. */
static int run_as_worker(job *j, int number) {
    fenv_t own;
    fegetenv(&own);
    fesetenv(&j->caller);
    feclearexcept(FE_ALL_EXCEPT);
    work_off_all(j, number);
    int raised = fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW);
    fesetenv(&own);
    return raised;
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

/* The barrier at the end of a parallel region may keep the caller's processor busy for milliseconds
 * (libgomp: 7, by default) while a worker that has only just been woken queues for the same one. So
 * the caller, when it has nothing left to do, first makes room until the workers are there. */
static void await_workers(const job *j, int workers) {
    enum { LOOKS = 2000, YIELDS = 10000 };
    for (int i = 0; i < LOOKS + YIELDS; i++) {
        int done;
#pragma omp atomic read
        done = j->done;
        if (done == workers) return;
        if (i >= LOOKS) sched_yield();
    }
}

static void run_job(job *j, int threads) {
    int raised = 0;
    fegetenv(&j->caller);
    j->caller_processor = current_processor();
#pragma omp parallel num_threads(threads) reduction(| : raised)
    {
        /* Fewer threads than asked for may come. */
        int number = omp_get_thread_num(), team = omp_get_num_threads();
        if (number == 0) {
            work_off_all(j, number);
            await_workers(j, team - 1);
        } else {
            leave_processor(j->caller_processor, team);
            raised |= run_as_worker(j, number);
#pragma omp atomic
            j->done++;
        }
    }
    if (raised) feraiseexcept(raised);
}

static void run_taken(elufast_body *body, void *context, size_t n, size_t grain, size_t before,
                      int threads) {
    if (threads == 1) {
        body(context, 0, n);
        return;
    }
    job j; /* of some KiB, most of which stays unused: no initializer */
    j.body = body;
    j.context = context;
    j.before = before;
    j.done = 0;
    deal_out(&j, n, grain, threads);
    run_job(&j, threads);
}
#else
int elufast_threads_in_use(int *most) {
    *most = 0;
    return 0;
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
    size_t wanted = omp_in_parallel() ? 1 : (size_t)limit;
    if (wanted > n / minimum) wanted = n / minimum;
    if (wanted > MOST_THREADS) wanted = MOST_THREADS;
    const int taken = take_threads((int)wanted, limit);
    run_taken(body, context, n, grain, before, taken);
    give_back_threads(taken);
#else
    (void)grain, (void)before;
    body(context, 0, n);
#endif
}

void elufast_run_parallel(elufast_body *body, void *context, size_t n, size_t minimum,
                          size_t grain) {
    elufast_run_parallel_aligned(body, context, n, minimum, grain, 0);
}

#if defined(_OPENMP) && !defined(_WIN32)
#include <pthread.h>

static shared_int could_not_release;

/* libgomp's pool does not survive fork(): the child's first parallel region would wait for ever for
 * threads that are not there. So the pool of the forking thread is released beforehand, whoever
 * started it. */
static void before_fork(void) { could_not_release = !elufast_release_pool(); }

/* The loops of the parent's other threads are not under way here, and will never end. */
static void in_child(void) {
    atomic_store_explicit(&in_use, 0, memory_order_relaxed);
    if (could_not_release) must_be_serial = 1;
}

void elufast_prepare_threads(void) {
    elufast_prepare_release();
    pthread_atfork(before_fork, NULL, in_child);
}
#else
void elufast_prepare_threads(void) {}
#endif
