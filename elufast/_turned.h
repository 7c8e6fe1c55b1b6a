/* Loops over the squares of transposed arrays (_walk_squares.c): a row of a square, one line of the
 * cache, is computed with the default parameters, and written as a column. */
#ifndef ELUFAST_TURNED_H
#define ELUFAST_TURNED_H

#include <stddef.h>

#include "_placed.h"
#include "_shapes.h"

/* Where the first row of the data begins, and that of the outputs. A row of the data becomes a
 * column of the outputs. */
typedef struct {
    const char *data[ELUFAST_MAX_DATA];
    char *out[ELUFAST_MAX_OUT];
} elufast_square;

/* The same for all squares of a call. */
typedef struct {
    elufast_place data[ELUFAST_MAX_DATA]; /* from a row of a square to the next */
    ptrdiff_t data_ahead[ELUFAST_MAX_DATA], out_ahead[ELUFAST_MAX_OUT]; /* what is prefetched */
    ptrdiff_t out_step[ELUFAST_MAX_OUT]; /* to the next item of such a row */
    int fetches_data, fetches_outputs;
    int is_past; /* whole lines go past the caches */
} elufast_turning;

typedef void elufast_turned_kernel(const elufast_square *squares, size_t count,
                                   const elufast_turning *turning);

#define ELUFAST_TURNED_NAME(table, name) table##_turned_##name
#define ELUFAST_TURNED_NAME_OF(table, name) ELUFAST_TURNED_NAME(table, name)
#define ELUFAST_TURNED_KERNEL(name) ELUFAST_TURNED_NAME_OF(ELUFAST_TABLE, name)

#endif
