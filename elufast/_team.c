#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_team.h"

/* Of 300 to 500 us. It takes the caller 10 to 40 us to wake one, which comes 25 to 100 us later:
 * with half as many, calls of 20 us that come every 3 ms take 1.2 times as long as with one thread.
 * benchmarks/thresholds.py pauses */
size_t elufast_parts_to_wake = 200;

#ifdef ELUFAST_HAS_TEAM
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "_processor.h"
#include "_worker.h"

/* A worker stays awake without work for several times what NumPy takes for a large array between
 * two loops. */
enum { MOST_WORKERS = 1023, MOST_MILLISECONDS_TO_START = 100, NANOSECONDS_AWAKE = 2000000 };

static int most_workers = MOST_WORKERS;
static long long patience = NANOSECONDS_AWAKE;

static elufast_worker workers[MOST_WORKERS];
static pthread_t starters[MOST_WORKERS]; /* of the worker of the same place, and those after it */
static char is_starter[MOST_WORKERS];
/* How many places are taken, by workers that came and by those that did not (OMP_DYNAMIC, say, may
 * let fewer of them start); who came; and of the latest region, how many were there before it, and
 * how many come by it (0: it has not begun). */
static atomic_int asked, present, came;
static int present_before;
static atomic_flag is_changing = ATOMIC_FLAG_INIT; /* which workers there are */
/* Since somebody was woken, and when the latest of them were computed. */
static atomic_size_t parts_alone;
static atomic_llong latest_alone;

void elufast_configure_team(int are_passive, int limit) {
    patience = are_passive ? 0 : NANOSECONDS_AWAKE;
    if (limit > 0 && limit <= MOST_WORKERS) most_workers = limit - 1;
}

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
        elufast_worker *w = &workers[s.first + omp_get_thread_num()];
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
        atomic_store(&workers[i].processor, here);
        atomic_store(&workers[i].threads, first + count + 1);
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

static void start_workers(int wanted) {
    if (atomic_flag_test_and_set(&is_changing)) return;
    const int before = atomic_load(&asked);
    if (wanted > before && are_all_there()) start_more(before, wanted);
    atomic_flag_clear(&is_changing);
}

/* ---- what a caller does ---- */

static int is_there(elufast_worker *w) {
    return atomic_load_explicit(&w->call, memory_order_relaxed) != ELUFAST_ABSENT;
}

static int engage(elufast_worker *w) {
    int no = 0;
    return atomic_load_explicit(&w->is_engaged, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong(&w->is_engaged, &no, 1);
}

static void release(elufast_worker *w) {
    atomic_store_explicit(&w->is_engaged, 0, memory_order_release);
}

/* Before a fork workers are engaged, and then absent: so that is looked at last. */
static int engage_present(elufast_worker *w) {
    if (!engage(w)) return 0;
    if (is_there(w)) return 1;
    release(w);
    return 0;
}

static void gather(elufast_team *team, int wanted, int are_asleep) {
    elufast_worker **end = &team->first;
    while (*end != NULL) end = &(*end)->next;
    for (int i = 0; i < atomic_load(&asked) && team->count < wanted; i++) {
        elufast_worker *w = &workers[i];
        if (elufast_is_asleep(w) != are_asleep || !engage_present(w)) continue;
        team->count++;
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
}

/* So who computes now and then, and little, wakes nobody, who would be asleep again the next time.
 */
static int sleepers_worth_waking(size_t parts) {
    const long long now = elufast_nanoseconds();
    const long long before = atomic_exchange_explicit(&latest_alone, now, memory_order_relaxed);
    const int are_late = now - before > NANOSECONDS_AWAKE;
    const size_t earlier = are_late ? 0 : atomic_load_explicit(&parts_alone, memory_order_relaxed);
    const size_t worth = (earlier + parts) / elufast_parts_to_wake;
    atomic_store_explicit(&parts_alone, worth > 0 ? 0 : earlier + parts, memory_order_relaxed);
    return worth < MOST_WORKERS ? (int)worth : MOST_WORKERS;
}

elufast_team elufast_gather_team(int wanted, size_t parts) {
    elufast_team team = {NULL, 0};
    if (wanted > most_workers) wanted = most_workers;
    gather(&team, wanted, 0);
    if (team.count == wanted) return team;
    const int sleepers = sleepers_worth_waking(parts);
    if (sleepers > 0 && atomic_load(&asked) < wanted) {
        start_workers(wanted);
        gather(&team, wanted, 0);
    }
    gather(&team, sleepers < wanted - team.count ? team.count + sleepers : wanted, 1);
    return team;
}

/* One that falls asleep at this very moment may not see it: it is dismissed, as any other that is
 * late. */
void elufast_send_team(const elufast_team *team, elufast_errand *errand, void *job,
                       const void *context) {
    const int processor = elufast_current_processor();
    int number = 0;
    for (elufast_worker *w = team->first; w != NULL; w = w->next) {
        w->errand = errand;
        w->number = ++number;
        atomic_store_explicit(&w->context, context, memory_order_relaxed);
        atomic_store_explicit(&w->processor, processor, memory_order_relaxed);
        atomic_store_explicit(&w->threads, team->count + 1, memory_order_relaxed);
        atomic_store_explicit(&w->call, (uintptr_t)job, memory_order_release);
        if (elufast_is_asleep(w)) elufast_wake(w);
    }
}

static int has_begun(elufast_worker *w, const void *job) {
    return atomic_load_explicit(&w->call, memory_order_relaxed) != (uintptr_t)job;
}

int elufast_has_team_begun(const elufast_team *team, const void *job) {
    for (elufast_worker *w = team->first; w != NULL; w = w->next) {
        if (!has_begun(w, job)) return 0;
    }
    return 1;
}

static int withdraw(elufast_worker *w, const void *job) {
    uintptr_t call = (uintptr_t)job;
    return !has_begun(w, job) && atomic_compare_exchange_strong(&w->call, &call, ELUFAST_DONE);
}

/* The other's processor may have been taken by somebody else, who perhaps wants this one as well.
 */
static void await_end(elufast_worker *w) {
    enum { LOOKS = 2000 };
    for (int i = 0; atomic_load_explicit(&w->call, memory_order_acquire) != ELUFAST_DONE; i++) {
        if (i < LOOKS) {
            elufast_relax();
        } else {
            sched_yield();
        }
    }
}

void elufast_dismiss_team(const elufast_team *team, const void *job) {
    for (elufast_worker *w = team->first, *next; w != NULL; w = next) {
        next = w->next; /* which another caller may change when this one has let it go */
        if (!withdraw(w, job)) await_end(w);
        release(w);
    }
}

/* ---- fork ---- */

/* Also the places of those who did not come. 0, and nobody is engaged, if some are at work. */
static int engage_all(int count) {
    int engaged = 0;
    while (engaged < count && engage(&workers[engaged])) engaged++;
    if (engaged == count) return 1;
    while (engaged > 0) release(&workers[--engaged]);
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
        atomic_store(&workers[i].call, ELUFAST_ABSENT);
        is_starter[i] = 0;
        release(&workers[i]);
    }
    atomic_store(&asked, 0);
    atomic_store(&present, 0);
    atomic_store(&parts_alone, 0);
}

void elufast_end_team(void) {
    if (atomic_flag_test_and_set(&is_changing)) return;
    const int count = atomic_load(&asked);
    if (are_all_there() && engage_all(count)) {
        for (int i = 0; i < count; i++) let_go(&workers[i]);
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

size_t elufast_errands_run(void) {
    size_t all = 0;
    for (int i = 0; i < atomic_load(&asked); i++) all += workers[i].errands_run;
    return all;
}
#else
void elufast_configure_team(int are_passive, int limit) { (void)are_passive, (void)limit; }

size_t elufast_errands_run(void) { return 0; }
#endif
