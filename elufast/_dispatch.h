/* Which instruction set's loops are in use. */
#ifndef ELUFAST_DISPATCH_H
#define ELUFAST_DISPATCH_H

#include "_kernels.h"
#include "_moves.h"
#include "_stream.h"

typedef struct {
    const char *name;
    elufast_kernel_table *kernels;
    const elufast_moves *moves;
    elufast_stream *const *stream;
    int (*is_supported)(void);
} elufast_instruction_set;

/* Those that were built, the best one first; the last one runs on every machine of this kind. */
extern const elufast_instruction_set elufast_instruction_sets[];
extern const int elufast_instruction_set_count;

#endif
