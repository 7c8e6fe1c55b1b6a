#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_team.h"

#ifdef ELUFAST_HAS_TEAM
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "_crew.h"
#include "_processor.h"

enum { MOST_WORKERS = 1023, MOST_MILLISECONDS_TO_START = 100 };

static int most_workers = MOST_WORKERS;
static long long patience = ELUFAST_NANOSECONDS_AWAKE;

elufast_worker elufast_workers[MOST_WORKERS];
static pthread_t starters[MOST_WORKERS]; /* of the worker of the same place, and those after it */
static char is_starter[MOST_WORKERS];
/* How many places are taken; who came; and of the latest region, how many were there before it, and
 * how many come by it (0: it has not begun). */
static atomic_int asked, present, came;
static int present_before;
static atomic_flag is_changing = ATOMIC_FLAG_INIT; /* any of these */

void elufast_configure_team(int are_passive, int limit) {
    patience = are_passive ? 0 : ELUFAST_NANOSECONDS_AWAKE;
    if (limit > 0 && limit <= MOST_WORKERS) most_workers = limit - 1;
}

int elufast_places(void) { return atomic_load(&asked); }

int elufast_most_workers(void) { return most_workers; }

/* ---- how they start ---- */

typedef struct {
    int first, count;
} span;

/* The caller may be a thread that keeps to some processors, and the next caller another one. */
static void go_where_the_process_may(void) {
    cpu_set_t processors;
    if (sched_getaffinity(getpid(), sizeof processors, &processors) == 0) {
        sched_setaffinity(0, sizeof processors, &processors);
    }
}

static void *run_region(void *packed) {
    const span s = {(int)((uintptr_t)packed >> 16), (int)((uintptr_t)packed & 0xFFFF)};
    go_where_the_process_may();
#pragma omp parallel num_threads(s.count)
    {
        elufast_worker *w = &elufast_workers[s.first + omp_get_thread_num()];
        elufast_enlist(w);
        atomic_fetch_add(&present, 1);
        if (omp_get_thread_num() == 0) atomic_store(&came, omp_get_num_threads());
        elufast_serve(w, patience);
    }
    return NULL;
}

/* Signals that tell a process something are for the threads of its program. */
static void block_signals(sigset_t *before) {
    static const int of_a_thread[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t others;
    sigfillset(&others);
    for (size_t i = 0; i < sizeof of_a_thread / sizeof *of_a_thread; i++) {
        sigdelset(&others, of_a_thread[i]);
    }
    pthread_sigmask(SIG_BLOCK, &others, before);
}

static int start_region(int first, int count) {
    sigset_t before;
    const int here = elufast_current_processor();
    for (int i = first; i < first + count; i++) {
        atomic_store(&elufast_workers[i].processor, here);
        atomic_store(&elufast_workers[i].threads, first + count + 1);
    }
    const uintptr_t packed = (uintptr_t)first << 16 | (uintptr_t)count;
    block_signals(&before);
    is_starter[first] = pthread_create(&starters[first], NULL, run_region, (void *)packed) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_starter[first];
}

static int are_all_there(void) {
    const int coming = atomic_load(&came);
    return atomic_load(&asked) == 0 ||
           (coming > 0 && atomic_load(&present) == present_before + coming);
}

static void await_workers(void) {
    const long long end = elufast_nanoseconds() + MOST_MILLISECONDS_TO_START * 1000000LL;
    while (!are_all_there() && elufast_nanoseconds() < end) sched_yield();
}

/* Their places are taken first: a child of a fork meanwhile has to know which to forget. */
static void start_more(int before, int wanted) {
    const int came_before = atomic_load(&came);
    present_before = atomic_load(&present);
    atomic_store(&asked, wanted);
    atomic_store(&came, 0);
    if (start_region(before, wanted - before)) {
        await_workers();
    } else {
        present_before -= came_before;
        atomic_store(&came, came_before);
        atomic_store(&asked, before);
    }
}

void elufast_start_workers(int wanted) {
    if (atomic_flag_test_and_set(&is_changing)) return;
    const int before = atomic_load(&asked);
    if (wanted > before && are_all_there()) start_more(before, wanted);
    atomic_flag_clear(&is_changing);
}

/* ---- whose they are ---- */

static int is_there(elufast_worker *w) {
    return atomic_load_explicit(&w->call, memory_order_relaxed) != ELUFAST_ABSENT;
}

static int engage(elufast_worker *w) {
    int no = 0;
    return atomic_load_explicit(&w->is_engaged, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong(&w->is_engaged, &no, 1);
}

void elufast_release(elufast_worker *w) {
    atomic_store_explicit(&w->is_engaged, 0, memory_order_release);
}

/* Before a fork workers are engaged, and then absent: so that is looked at last. */
int elufast_engage(elufast_worker *w) {
    if (!engage(w)) return 0;
    if (is_there(w)) return 1;
    elufast_release(w);
    return 0;
}

/* ---- fork ---- */

/* Also the places of those who did not come. 0, and nobody is engaged, if some are at work. */
static int engage_all(int count) {
    int engaged = 0;
    while (engaged < count && engage(&elufast_workers[engaged])) engaged++;
    if (engaged == count) return 1;
    while (engaged > 0) elufast_release(&elufast_workers[--engaged]);
    return 0;
}

static void let_go(elufast_worker *w) {
    if (!is_there(w)) return;
    atomic_store(&w->call, ELUFAST_LEAVE);
    elufast_wake(w);
}

static void forget_all(void) {
    const int count = atomic_load(&asked);
    for (int i = 0; i < count; i++) {
        atomic_store(&elufast_workers[i].call, ELUFAST_ABSENT);
        is_starter[i] = 0;
        elufast_release(&elufast_workers[i]);
    }
    atomic_store(&asked, 0);
    atomic_store(&present, 0);
}

void elufast_end_team(void) {
    if (atomic_flag_test_and_set(&is_changing)) return;
    const int count = atomic_load(&asked);
    if (are_all_there() && engage_all(count)) {
        for (int i = 0; i < count; i++) let_go(&elufast_workers[i]);
        for (int i = 0; i < count; i++) {
            if (is_starter[i]) pthread_join(starters[i], NULL);
        }
        forget_all();
    }
    atomic_flag_clear(&is_changing);
}

void elufast_forget_team(void) {
    forget_all();
    atomic_flag_clear(&is_changing);
}
#else
void elufast_configure_team(int are_passive, int limit) { (void)are_passive, (void)limit; }
#endif
