/* How a walk is cut into blocks and kernels' calls, and which operands a kernel can take as they
 * lie. */
#ifndef ELUFAST_WALK_PLAN_H
#define ELUFAST_WALK_PLAN_H

#include "_walk.h"

/* What a kernel cannot take as it lies goes through blocks of so many bytes. With half of that a
 * block costs too much against the work in it, with more the arithmetic and the waiting for memory
 * take turns instead of going on side by side. For outputs that go past the caches it is half of it
 * all the same: there strided inputs gain more by that than a block costs. Tiles of transposed
 * arrays (_walk_tiles.c) are larger, for kernels' calls should not be too short; twice as large
 * ones take 0.9 to 1.0 of the time, but more of the stack than a thread may have.
 * benchmarks/layouts.py */
enum { ELUFAST_BLOCK_BYTES = 4096, ELUFAST_STREAM_BLOCK_BYTES = 2048, ELUFAST_TILE_BYTES = 8192 };

typedef struct {
    const elufast_operand *operand;
    elufast_converter *convert; /* NULL: it is of the loop's type */
    int is_usable;              /* native, and lies where it can be read */
    int is_straight;            /* usable or placed, and one contiguous array, as it is walked */
    int has_rows;               /* usable, and contiguous along the first axis */
    int is_in_place;            /* kernels take it where it lies */
    int is_by_row;              /* and it is elsewhere, or another number, in each row */
    int is_prepared;            /* the block holds it before the walk begins */
    elufast_placing placing;    /* how a kernel that can do that would read or write it */
    size_t period;              /* its elements repeat after so many */
    ptrdiff_t bytes_ahead;      /* it is prefetched so many ahead, row by row; 0: it is not */
    int has_lines_ahead;        /* or line by line of a tile, since it is turned */
} elufast_lane;

/* The results for all integers from ELUFAST_TABLE_FIRST on: see _walk_integers.h. */
typedef struct {
    double results[ELUFAST_MAX_OUT][ELUFAST_TABLE_LENGTH];
} elufast_table;

typedef struct {
    const elufast_walk *walk;
    int inputs, operands;
    int has_tiles;              /* the first two axes are those of one */
    int has_defaults;           /* parameters are known to be the defaults */
    int are_scalars;            /* each parameter is one number for a kernel's call */
    int has_row_numbers;        /* which are other ones in each row, */
    int fetches_numbers;        /* and lie where a kernel cannot read them */
    int by_rows;                /* a kernel's call ends at the end of a row at the latest, */
    int in_pieces;              /* and so does a block, for rows are longer */
    int streams;                /* outputs go past the caches */
    int goes_straight;          /* and kernels write them there themselves, where they can */
    int prefetches_rows;        /* of some of the data */
    int prefetches_lines;       /* of data that are turned */
    int is_placed;              /* the kernel takes data and outputs as they lie: see places */
    float cost;                 /* nanoseconds for an element, as far as parameters are known */
    size_t block;               /* elements that a block holds */
    size_t longest;             /* elements between two looks at where the operands lie */
    const elufast_table *table; /* of x that is an integer; NULL: there is none */
    /* Set one by one: to clear them all first takes a short call 10 ns. */
    elufast_lane lanes[ELUFAST_MAX_OPERANDS];
    elufast_place places[ELUFAST_MAX_DATA + ELUFAST_MAX_OUT];
} elufast_plan;

/* A parameter, and one number for a kernel's call. */
static inline int elufast_is_number(const elufast_plan *p, int k) {
    return p->are_scalars && k >= p->walk->loop->function->data && k < p->inputs;
}

/* Items that follow each other in the order of the walk. */
int elufast_is_one_run(const elufast_walk *walk, const elufast_operand *operand);

/* Of the equal pieces, but for the last, that a row is cut into, none with more than `most`, which
 * is 16 at the least. */
size_t elufast_piece(size_t row, size_t most);

/* Bytes of the largest item, in memory or as it is computed. */
size_t elufast_largest_item(const elufast_walk *walk);

/* Of all operands, what repeats counted once. */
size_t elufast_bytes_of_all(const elufast_plan *plan);

/* More than half of what the caches hold: then data wait for memory if nothing fetches them. */
static inline int elufast_is_far(size_t bytes) { return bytes > elufast_tune.stream_bytes / 2; }

/* Whether rows are given to the kernels one by one, and not packed. */
int elufast_has_long_rows(const elufast_plan *plan);

/* Elements for which it pays to wake another thread: half of those of a contiguous loop of the
 * cheapest kind, as each costs more here, and no more than those of the loop itself.
 * benchmarks/layouts.py --sizes 32768 */
size_t elufast_least_elements(const elufast_plan *plan);

/* With tiles, the first two axes are those of one. */
void elufast_make_plan(elufast_plan *plan, const elufast_walk *walk, int has_tiles);

#endif
