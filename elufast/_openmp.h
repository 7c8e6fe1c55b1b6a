/* What the OpenMP library that is in use can and cannot do about fork(). */
#ifndef ELUFAST_OPENMP_H
#define ELUFAST_OPENMP_H

/* Once, before any fork. */
void elufast_prepare_release(void);

/* Ends the pool of threads that belongs to the calling thread, whoever started it; 0 if that cannot
 * be done. The next parallel region starts a new one. */
int elufast_release_pool(void);

#endif
