/* What one instruction set offers for items that do not lie as the kernels take them: copies
 * between any strides, and conversions between the types. */
#ifndef ELUFAST_MOVES_H
#define ELUFAST_MOVES_H

#include <stddef.h>

/* Types in memory that convert to or from the computing types; native byte order. */
typedef enum {
    ELUFAST_BOOL,
    ELUFAST_I8,
    ELUFAST_U8,
    ELUFAST_I16,
    ELUFAST_U16,
    ELUFAST_I32,
    ELUFAST_U32,
    ELUFAST_I64,
    ELUFAST_U64,
    ELUFAST_F16,
    ELUFAST_BF16,
    ELUFAST_F32,
    ELUFAST_F64,
    ELUFAST_LONG,
    ELUFAST_ITEMS
} elufast_item;

/* n contiguous, aligned items of one type to such items of another, as NumPy casts them. */
typedef void elufast_converter(const char *from, char *to, size_t n);

/* Where the items of a block of rows lie: bytes from one to the next, and from row to row. */
typedef struct {
    ptrdiff_t step, row_step;
} elufast_steps;

/* `rows` rows of n items of `size` bytes. No alignment is asked for. */
typedef void elufast_mover(char *to, elufast_steps to_steps, const char *from,
                           elufast_steps from_steps, size_t n, size_t rows, size_t size);

/* The results of a function for so many integers from the first on, a power of 2; the place of each
 * is its remainder. None of them underflows. */
enum { ELUFAST_TABLE_FIRST = -704, ELUFAST_TABLE_LENGTH = 2048 };

/* 0, and nothing done, if some of the n integers are not among those. is_past: past the caches, if
 * looks_up_past_caches, to results of which the first is aligned to 32 bytes. */
typedef int elufast_looker(const char *integers, const double *results, char *out, size_t n,
                           int is_past);

typedef struct {
    elufast_looker *look_up[ELUFAST_ITEMS]; /* NULL for what is no integer */
    int looks_up_past_caches;
    /* By the type that is read, then by the type that is written; NULL where NumPy has to do it. */
    elufast_converter *convert[ELUFAST_ITEMS][ELUFAST_ITEMS];
    elufast_mover *copy;
    elufast_mover *swap; /* reverses the bytes of each item on the way */
} elufast_moves;

#endif
