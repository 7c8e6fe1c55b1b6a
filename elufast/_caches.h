/* How large the caches of this machine are. */
#ifndef ELUFAST_CACHES_H
#define ELUFAST_CACHES_H

#include <stddef.h>

/* The bytes of the largest cache, as the CPUs that share one copy of it see it. */
size_t elufast_last_cache(void);

#endif
