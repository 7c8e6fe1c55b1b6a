/* Threads that wait for long loops: those of an OpenMP region that goes on from loop to loop. Of a
 * region for each loop
 *
 * - the idle threads keep processors busy for milliseconds, whoever else wants them: the threads of
 *   NumPy's matrix products (OpenBLAS), say. Here they give way, and soon sleep;
 * - the end comes when all threads have come, also one that was asleep, or waits for a processor.
 *   Here who is late is dismissed;
 * - beginning and end ask the system to wake threads, whether they sleep or not, which is half of
 *   what a second thread costs. Here only sleepers are woken, and only for work that is worth it.
 *
 * benchmarks/thresholds.py threads, pauses; benchmarks/compare.py --study products */
#ifndef ELUFAST_TEAM_H
#define ELUFAST_TEAM_H

#include <stddef.h>

#if defined(_OPENMP) && defined(__linux__)
#define ELUFAST_HAS_TEAM 1

typedef void elufast_errand(void *job, int number);

typedef struct {
    struct elufast_worker *first;
    int count;
} elufast_team;

/* At most as many workers as wanted, which are free, and awake or worth to be woken for work of so
 * many parts. They are the caller's until it dismisses them. */
elufast_team elufast_gather_team(int wanted, size_t parts);

/* They are numbered from 1 on. The context is what they will read first. */
void elufast_send_team(const elufast_team *team, elufast_errand *errand, void *job,
                       const void *context);

/* Whether all of them have. */
int elufast_has_team_begun(const elufast_team *team, const void *job);

/* Waits for those who have begun; nobody else does any more. */
void elufast_dismiss_team(const elufast_team *team, const void *job);

/* Before fork(): ends the region and its threads, unless some of them are at work, or starting. */
void elufast_end_team(void);

/* In the child, where there are none. */
void elufast_forget_team(void);
#else
static inline void elufast_end_team(void) {}
static inline void elufast_forget_team(void) {}
#endif

/* Once, before the first of them starts: whether the environment wants threads that have no work to
 * sleep at once, and how many there may be with the caller (0: it does not say). */
void elufast_configure_team(int are_passive, int limit);

/* For so many parts that loops compute without the others, one of them is woken; for tests and
 * benchmarks. */
extern size_t elufast_parts_to_wake;

/* How many errands workers have run, for the tests; 0 without a team. */
size_t elufast_errands_run(void);

#endif
