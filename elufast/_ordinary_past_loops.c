/* The loops of _past_loops.c for parameters that need no scaling (see _ordinary.h). */
#define ELUFAST_ORDINARY 1
#include "_past_loops.c"
