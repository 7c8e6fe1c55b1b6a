/* Which workers there are: how they start, and how they end before a fork. */
#ifndef ELUFAST_CREW_H
#define ELUFAST_CREW_H

#include "_worker.h"

/* Places of workers, some of whom may not have come: OMP_DYNAMIC may let fewer of them start. */
extern elufast_worker elufast_workers[];
int elufast_places(void);

/* At most so many there may be. */
int elufast_most_workers(void);

/* As many as wanted, where it can be done; and waits for them. */
void elufast_start_workers(int wanted);

/* A worker has one caller at a time. 0: another one has it, or it is not there. */
int elufast_engage(elufast_worker *w);
void elufast_release(elufast_worker *w);

#endif
