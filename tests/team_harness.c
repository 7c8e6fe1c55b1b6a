/* Callers that give a worker less time than it needs to come: a job that is over must not be run.
 * Prints how many were run, and how many of those were over, or run twice, or not done. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "_team.h"

enum { CALLERS = 3, CALLS = 60000, ALIVE = 12345 };

typedef struct {
    _Alignas(64) atomic_int life, runs, is_done;
} job;

static atomic_int all, wrong;

static void pass_time(int turns) {
    for (volatile int i = 0; i < turns; i++) continue;
}

static void run(void *given, int number) {
    job *j = given;
    const int before = atomic_fetch_add(&j->runs, 1);
    if (atomic_load(&j->life) != ALIVE || before != 0 || number != 1) atomic_fetch_add(&wrong, 1);
    pass_time(20);
    atomic_store(&j->is_done, 1);
    atomic_fetch_add(&all, 1);
}

static void *call(void *seed) {
    unsigned state = *(unsigned *)seed;
    job j; /* in the same place each time, as on the stack of a loop */
    for (int i = 0; i < CALLS; i++) {
        atomic_store(&j.runs, 0);
        atomic_store(&j.is_done, 0);
        atomic_store(&j.life, ALIVE);
        const elufast_team team = elufast_gather_team(1, elufast_parts_to_wake * (i % 50 == 0));
        elufast_send_team(&team, run, &j, &j);
        pass_time(rand_r(&state) % 400);
        elufast_dismiss_team(&team, &j);
        const int runs = atomic_load(&j.runs);
        if (runs > team.count || atomic_load(&j.is_done) != runs) atomic_fetch_add(&wrong, 1);
        atomic_store(&j.life, 0);
        pass_time(rand_r(&state) % 50);
        if (atomic_load(&j.runs) != runs) atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[CALLERS];
    unsigned seeds[CALLERS];
    for (int callers = 1; callers <= CALLERS; callers += CALLERS - 1) {
        for (int i = 0; i < callers; i++) {
            seeds[i] = (unsigned)i + 1;
            if (pthread_create(&threads[i], NULL, call, &seeds[i]) != 0) return 1;
        }
        for (int i = 0; i < callers; i++) pthread_join(threads[i], NULL);
        elufast_end_team();
    }
    printf("%d %d\n", atomic_load(&all) > 0, atomic_load(&wrong));
    return 0;
}
