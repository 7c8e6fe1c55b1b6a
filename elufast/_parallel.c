#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "_parallel.h"

#include <fenv.h>

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

/* Each thread has its own flags and its own rounding and flushing modes. Workers take over the
 * modes of the caller (who may flush subnormals, say) and give back the flags; what they had
 * before, they get back, for the pool belongs to other libraries as well. */
static int run_as_worker(elufast_body *body, void *context, size_t start, size_t count,
                         const fenv_t *caller) {
    fenv_t own;
    fegetenv(&own);
    fesetenv(caller);
    feclearexcept(FE_ALL_EXCEPT);
    body(context, start, count);
    int raised = fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW);
    fesetenv(&own);
    return raised;
}

static void run_pieces(elufast_body *body, void *context, size_t n, size_t piece, int threads) {
    int raised = 0;
    fenv_t caller;
    fegetenv(&caller);
#pragma omp parallel num_threads(threads) reduction(| : raised)
    {
        /* Fewer threads than asked for may come, so each takes every k-th piece. */
        size_t step = piece * (size_t)omp_get_num_threads();
        for (size_t start = piece * (size_t)omp_get_thread_num(); start < n; start += step) {
            size_t count = n - start < piece ? n - start : piece;
            if (omp_get_thread_num() == 0) {
                body(context, start, count);
            } else {
                raised |= run_as_worker(body, context, start, count, &caller);
            }
        }
    }
    if (raised) feraiseexcept(raised);
}
#endif

void elufast_run_parallel(elufast_body *body, void *context, size_t n, size_t minimum,
                          size_t grain) {
    /* Even `if(0)` on the pragma costs half a microsecond, so short loops do not come near it. */
    if (n < 2 * minimum) {
        body(context, 0, n);
        return;
    }
#ifdef _OPENMP
    size_t threads = (size_t)elufast_get_threads(NULL);
    if (threads > n / minimum) threads = n / minimum;
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    if (threads > 1 && !omp_in_parallel()) {
        size_t piece = (n + threads - 1) / threads;
        piece = (piece + grain - 1) / grain * grain;
        run_pieces(body, context, n, piece, (int)threads);
        return;
    }
#else
    (void)grain;
#endif
    body(context, 0, n);
}

#if defined(_OPENMP) && defined(__GNUC__) && !defined(__clang__)
#include <pthread.h>

/* libgomp's pool does not survive fork(): the child's first parallel region would wait for ever for
 * threads that are not there. So the pool of the forking thread is released beforehand, whoever
 * started it. (clang's libomp starts anew in the child by itself.) */
static shared_int could_not_release;

static void before_fork(void) {
#if __GNUC__ >= 9 /* OpenMP 5.0's function, while _OPENMP still said 4.5 */
    could_not_release = omp_in_parallel() || omp_pause_resource_all(omp_pause_soft) != 0;
#else
    could_not_release = 1;
#endif
}

static void in_child(void) {
    if (could_not_release) must_be_serial = 1;
}

void elufast_prepare_threads(void) { pthread_atfork(before_fork, NULL, in_child); }
#else
void elufast_prepare_threads(void) {}
#endif
