#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_team.h"

/* Of 300 to 500 us. It takes the caller 10 to 40 us to wake one, which comes 25 to 100 us later: with
 * half as many, calls of 20 us that come every 3 ms take 1.2 times as long as with one thread.
 * benchmarks/thresholds.py pauses */
size_t elufast_parts_to_wake = 200;

#ifdef ELUFAST_HAS_TEAM
#include <omp.h>
#include <pthread.h>
#include <signal.h>

#include "_processor.h"

enum { MOST_WORKERS = 1023, MOST_MILLISECONDS_TO_START = 100 };

static elufast_worker workers[MOST_WORKERS];
static pthread_t starters[MOST_WORKERS]; /* of the worker of the same place, and those after it */
static char is_starter[MOST_WORKERS];
static atomic_int asked, present;
static atomic_flag is_changing = ATOMIC_FLAG_INIT; /* which workers there are */
static atomic_size_t parts_alone;                  /* since somebody was woken */

/* ---- how they start ---- */

typedef struct {
    int first, count;
} span;

static void *run_region(void *packed) {
    const span s = {(int)((uintptr_t)packed >> 16), (int)((uintptr_t)packed & 0xFFFF)};
#pragma omp parallel num_threads(s.count)
    {
        elufast_worker *w = &workers[s.first + omp_get_thread_num()];
        elufast_enlist(w);
        atomic_fetch_add(&present, 1);
        elufast_serve(w);
    }
    return NULL;
}

/* Signals that tell a process something are for the threads of its program. */
static void block_signals(sigset_t *before) {
    static const int of_a_thread[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
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

/* OMP_THREAD_LIMIT, say, may let fewer of them start. */
static void await_workers(int wanted) {
    const long long end = elufast_nanoseconds() + MOST_MILLISECONDS_TO_START * 1000000LL;
    while (atomic_load(&present) < wanted && elufast_nanoseconds() < end) sched_yield();
}

static void start_workers(int wanted) {
    if (atomic_flag_test_and_set(&is_changing)) return;
    const int before = atomic_load(&asked);
    if (wanted > before && start_region(before, wanted - before)) {
        atomic_store(&asked, wanted);
        await_workers(wanted);
    }
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

static void gather(elufast_team *team, int wanted, int are_asleep) {
    elufast_worker **end = &team->first;
    while (*end != NULL) end = &(*end)->next;
    for (int i = 0; i < atomic_load(&asked) && team->count < wanted; i++) {
        elufast_worker *w = &workers[i];
        if (elufast_is_asleep(w) != are_asleep || !is_there(w) || !engage(w)) continue;
        team->count++;
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
}

/* So who computes now and then, and little, wakes nobody. */
static int sleepers_worth_waking(size_t parts) {
    const size_t all = atomic_load_explicit(&parts_alone, memory_order_relaxed) + parts;
    const size_t worth = all / elufast_parts_to_wake;
    atomic_store_explicit(&parts_alone, worth > 0 ? 0 : all, memory_order_relaxed);
    return worth < MOST_WORKERS ? (int)worth : MOST_WORKERS;
}

elufast_team elufast_gather_team(int wanted, size_t parts) {
    elufast_team team = {NULL, 0};
    if (wanted > MOST_WORKERS) wanted = MOST_WORKERS;
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

/* 0, and nobody is engaged, if some are or have not come yet. */
static int engage_all(int count) {
    int engaged = 0;
    if (atomic_load(&present) != count) return 0;
    while (engaged < count && engage(&workers[engaged])) engaged++;
    if (engaged == count) return 1;
    while (engaged > 0) release(&workers[--engaged]);
    return 0;
}

static void let_go(elufast_worker *w) {
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
    if (engage_all(count)) {
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
size_t elufast_errands_run(void) { return 0; }
#endif
