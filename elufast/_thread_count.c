#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#include <time.h>
#endif
#include "_thread_count.h"

#include <stddef.h>

#include "_openmp.h"
#include "_team.h"

/* Read by loops that hold no lock while another thread may set them. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__)
typedef _Atomic int shared_int;
#else
typedef volatile int shared_int;
#endif

static shared_int set_count, environment_count, quota_count, processor_count = 1;
/* A child of fork() whose parent's threads could not be released beforehand: see before_fork. */
static shared_int must_be_serial;

void elufast_configure_threads(int environment, int quota, int processors) {
    environment_count = environment;
    quota_count = quota;
    processor_count = processors;
}

void elufast_set_threads(int count) { set_count = count; }

/* Any thread's affinity may be changed while the process runs. */
static int usable_processors(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return processor_count;
}

/* The system needs 0.1 to 0.3 us to say it, which is a tenth of what some loops take that ask. So
 * it is asked once a tick of its clock (1 to 10 ms). */
static int usable_processors_lately(void) {
#if defined(__linux__) && defined(CLOCK_MONOTONIC_COARSE)
    static _Thread_local struct timespec tick;
    static _Thread_local int count;
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0) return usable_processors();
    if (count == 0 || now.tv_nsec != tick.tv_nsec || now.tv_sec != tick.tv_sec) {
        count = usable_processors();
        tick = now;
    }
    return count;
#else
    return usable_processors();
#endif
}

int elufast_openmp_version(void) {
#ifdef _OPENMP
    return _OPENMP;
#else
    return 0;
#endif
}

static int count_threads(int (*processors)(void), elufast_threads_origin *origin) {
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
    int count = processors();
    *origin = ELUFAST_THREADS_PROCESSORS;
    if (quota_count > 0 && quota_count < count) {
        *origin = ELUFAST_THREADS_QUOTA;
        count = quota_count;
    }
    return count;
}

int elufast_get_threads(elufast_threads_origin *origin) {
    return count_threads(usable_processors, origin);
}

int elufast_threads_of_loop(void) {
    elufast_threads_origin unused;
    return count_threads(usable_processors_lately, &unused);
}

#ifdef _OPENMP
#include <stdatomic.h>

/* By all long loops under way, callers included; and the most at once since somebody asked. */
static atomic_int in_use, most_in_use;

/* Callers that compute at the same time (threads of Dask, of a pool, of Python) share the limit: a
 * loop takes what the others have left of it, and has its own caller in any case. So there are
 * never more than limit + callers - 1. No other memory hangs on these numbers, hence relaxed. */
int elufast_take_threads(int wanted, int limit) {
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

void elufast_give_back_threads(int taken) {
    atomic_fetch_sub_explicit(&in_use, taken, memory_order_relaxed);
}

int elufast_threads_in_use(int *most) {
    *most = atomic_exchange_explicit(&most_in_use, 0, memory_order_relaxed);
    return atomic_load_explicit(&in_use, memory_order_relaxed);
}
#else
int elufast_threads_in_use(int *most) {
    *most = 0;
    return 0;
}
#endif

#if defined(_OPENMP) && !defined(_WIN32)
#include <pthread.h>

static shared_int could_not_release;

/* libgomp's pool does not survive fork(): the child's first parallel region would wait for ever for
 * threads that are not there. So the pool of the forking thread is released beforehand, whoever
 * started it. */
static void before_fork(void) {
    elufast_end_team();
    could_not_release = !elufast_release_pool();
}

/* The loops of the parent's other threads are not under way here, and will never end. */
static void in_child(void) {
    atomic_store_explicit(&in_use, 0, memory_order_relaxed);
    elufast_forget_team();
    if (could_not_release) must_be_serial = 1;
}

void elufast_prepare_threads(void) {
    elufast_prepare_release();
    pthread_atfork(before_fork, NULL, in_child);
}
#else
void elufast_prepare_threads(void) {}
#endif
