#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "_processor.h"

#ifdef __linux__
int elufast_current_processor(void) { return sched_getcpu(); }

void elufast_leave_processor(int processor, int threads) {
    cpu_set_t all, others;
    if (processor < 0 || sched_getcpu() != processor) return;
    if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < threads) return;
    others = all;
    CPU_CLR(processor, &others);
    if (sched_setaffinity(0, sizeof others, &others) == 0) sched_setaffinity(0, sizeof all, &all);
}
#else
int elufast_current_processor(void) { return -1; }
void elufast_leave_processor(int processor, int threads) { (void)processor, (void)threads; }
#endif
