/* How large the caches of this machine are. */
#ifndef ELUFAST_CACHES_H
#define ELUFAST_CACHES_H

#include <stddef.h>

/* The bytes of the largest cache, as the CPUs that share one copy of it see it. */
size_t elufast_last_cache(void);

/* Asks for the line at `place` in the second-level cache. */
#if defined(__GNUC__)
#define ELUFAST_PREFETCH(place, is_written) __builtin_prefetch(place, is_written, 2)
#else
#define ELUFAST_PREFETCH(place, is_written) (void)(place)
#endif

#endif
