/* How many threads there may be. */
#ifndef ELUFAST_THREAD_COUNT_H
#define ELUFAST_THREAD_COUNT_H

/* Called once, before any loop runs. */
void elufast_prepare_threads(void);

/* What the environment (0: nothing) and the container's quota (0: none) say, and the processors
 * that the system reports, for where affinity cannot be read. */
void elufast_configure_threads(int environment, int quota, int processors);

void elufast_set_threads(int count);

typedef enum {
    ELUFAST_THREADS_SET,
    ELUFAST_THREADS_ENVIRONMENT,
    ELUFAST_THREADS_QUOTA,
    ELUFAST_THREADS_PROCESSORS,
    ELUFAST_THREADS_NO_OPENMP,
    ELUFAST_THREADS_FORKED
} elufast_threads_origin;

int elufast_get_threads(elufast_threads_origin *origin);

/* The same; of a change of affinity it learns some milliseconds later. */
int elufast_threads_of_loop(void);

/* Of those wanted, as many as loops of other callers have left of the limit, and one in any case;
 * to be given back. */
#ifdef _OPENMP
int elufast_take_threads(int wanted, int limit);
void elufast_give_back_threads(int taken);
#endif

/* Threads of all long loops under way; and the most at once since the last call (for tests). */
int elufast_threads_in_use(int *most);

/* The OpenMP version's date, 0 without OpenMP. */
int elufast_openmp_version(void);

#endif
