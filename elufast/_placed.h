/* Loops that read their data and write their results where and as they lie, with the default
 * parameters: some registers of elements at a time (_lanes.h), put in order on the way. Through a
 * block, what is moved and what is computed would take turns instead of going on side by side. */
#ifndef ELUFAST_PLACED_H
#define ELUFAST_PLACED_H

#include <stddef.h>

/* How a register's elements lie. */
typedef enum {
    ELUFAST_AS_THEY_ARE,  /* contiguous and native */
    ELUFAST_EVERY_SECOND, /* data: with a gap as large as an element after each */
    ELUFAST_REVERSED,     /* data: contiguous, but the first one last, as x[::-1] */
    ELUFAST_REPEATED,     /* data: one number for all */
    ELUFAST_SWAPPED,      /* data: contiguous, with the other order of bytes */
    ELUFAST_OTHER_FLOAT,  /* contiguous: float for double, and of results the other way round too */
    ELUFAST_FROM_I32,     /* data: contiguous, for double */
    ELUFAST_FROM_I64,
    /* Results as they are and of the other float, which begin where a line of the cache does and go
     * past the caches. */
    ELUFAST_PAST,
    ELUFAST_OTHER_FLOAT_PAST,
    ELUFAST_NOT_PLACED
} elufast_placing;

typedef struct {
    elufast_placing placing;
    ptrdiff_t advance; /* bytes from the elements of one register to those of the next */
} elufast_place;

/* n elements; places of the data, then of the outputs. An output may be the very same array as an
 * input, for what is computed together is read before it is written. */
typedef void elufast_placed_kernel(const char *const *data, const elufast_place *places,
                                   char *const *out, size_t n);

#define ELUFAST_PLACED_NAME(table, name) table##_placed_##name
#define ELUFAST_PLACED_NAME_OF(table, name) ELUFAST_PLACED_NAME(table, name)
#define ELUFAST_PLACED_KERNEL(name) ELUFAST_PLACED_NAME_OF(ELUFAST_TABLE, name)

#endif
