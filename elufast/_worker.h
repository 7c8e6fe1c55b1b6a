/* One thread of the team: it waits until it is called, runs the errand, and waits again. */
#ifndef ELUFAST_WORKER_H
#define ELUFAST_WORKER_H

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "_stream.h"
#include "_team.h"

/* What `call` is where it is no job's address; while a worker runs, BUSY is added to that. */
enum { ELUFAST_ABSENT, ELUFAST_DONE = 2, ELUFAST_LEAVE = 4, ELUFAST_BUSY = 1 };

/* So long a worker stays awake without work: what NumPy takes for some large arrays between two
 * loops. One that has slept computes more slowly for some milliseconds, and comes 0.1 ms late. */
enum { ELUFAST_NANOSECONDS_AWAKE = 5000000 };

/* A line that travels from one processor's caches to another's and back takes 0.1 to 0.5 us. So
 * what callers keep to themselves lies apart, and a call and its answer are all in one line. */
typedef struct elufast_worker {
    /* Between callers. */
    _Alignas(ELUFAST_TWO_LINES) atomic_int is_engaged;
    struct elufast_worker *next;
    /* The call, and what goes with it. */
    _Alignas(ELUFAST_TWO_LINES) atomic_uintptr_t call;
    elufast_errand *errand;
    _Atomic(const void *) context;
    atomic_int processor, threads; /* the caller's, and of its loop */
    int number;
    atomic_uint errands_run;
    /* Sleep. */
    _Alignas(ELUFAST_TWO_LINES) _Atomic unsigned sleep;
    pid_t thread;
    int is_sent_away;
    cpu_set_t processors; /* that it may run on, but for that */
} elufast_worker;

/* The calling thread is this worker. */
void elufast_enlist(elufast_worker *w);

/* What its thread does from then on, until it is called to leave: it stays awake for so long. */
void elufast_serve(elufast_worker *w, long long patience);

int elufast_is_asleep(elufast_worker *w);
void elufast_wake(elufast_worker *w);

/* Between two looks for what another thread writes. */
void elufast_relax(void);

long long elufast_nanoseconds(void);

#endif
