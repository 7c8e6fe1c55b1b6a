#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "_team.h"

/* Of 300 to 400 us: it takes the caller 10 to 40 us to wake one, which comes 25 to 100 us later.
 * benchmarks/thresholds.py pauses */
size_t elufast_parts_to_wake = 200;

#ifdef ELUFAST_HAS_TEAM
#include <limits.h>

#include "_crew.h"
#include "_processor.h"

/* Since somebody was woken; and when they began, the latest of them. */
static atomic_size_t parts_alone;
static atomic_ulong latest_alone; /* in microseconds, from any time on */

static void gather(elufast_team *team, int wanted, int are_asleep) {
    elufast_worker **end = &team->first;
    while (*end != NULL) end = &(*end)->next;
    for (int i = 0; i < elufast_places() && team->count < wanted; i++) {
        elufast_worker *w = &elufast_workers[i];
        if (elufast_is_asleep(w) != are_asleep || !elufast_engage(w)) continue;
        team->count++;
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
}

/* So who computes now and then, and little, wakes nobody, who would be asleep again the next time.
 */
static int sleepers_worth_waking(size_t parts) {
    const unsigned long now = (unsigned long)(elufast_nanoseconds() / 1000);
    const unsigned long before = atomic_exchange_explicit(&latest_alone, now, memory_order_relaxed);
    const int are_late = now - before > ELUFAST_NANOSECONDS_AWAKE / 1000;
    const size_t earlier = are_late ? 0 : atomic_load_explicit(&parts_alone, memory_order_relaxed);
    const size_t worth = (earlier + parts) / elufast_parts_to_wake;
    atomic_store_explicit(&parts_alone, worth > 0 ? 0 : earlier + parts, memory_order_relaxed);
    return worth < INT_MAX ? (int)worth : INT_MAX;
}

elufast_team elufast_gather_team(int wanted, size_t parts) {
    elufast_team team = {NULL, 0};
    if (wanted > elufast_most_workers()) wanted = elufast_most_workers();
    gather(&team, wanted, 0);
    if (team.count == wanted) return team;
    const int sleepers = sleepers_worth_waking(parts);
    if (sleepers > 0 && elufast_places() < wanted) {
        elufast_start_workers(wanted);
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
        elufast_release(w);
    }
}

size_t elufast_errands_run(void) {
    size_t all = 0;
    for (int i = 0; i < elufast_places(); i++) all += elufast_workers[i].errands_run;
    return all;
}
#else
size_t elufast_errands_run(void) { return 0; }
#endif
