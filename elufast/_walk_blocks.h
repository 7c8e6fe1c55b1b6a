/* How the operands of a block get to where the kernels take them, and back from there. */
#ifndef ELUFAST_WALK_BLOCKS_H
#define ELUFAST_WALK_BLOCKS_H

#include "_walk_plan.h"

/* Blocks begin at different places of a page: to a processor a load that has the low 12 bits of an
 * earlier store looks like one that has to wait for it. */
enum { ELUFAST_BLOCK_PITCH = ELUFAST_TILE_BYTES + 5 * ELUFAST_CACHE_LINE };

/* What kernels have computed of lines that are not full yet, and go past the caches as a whole: so
 * many elements of each output, to places where lines begin. An output of a larger type than the
 * loop's has two lines. */
typedef struct {
    size_t count;
    char *places[ELUFAST_MAX_OUT];
    _Alignas(64) char lines[ELUFAST_MAX_OUT][2 * ELUFAST_CACHE_LINE];
} elufast_open_lines;

typedef struct {
    _Alignas(64) char raw[ELUFAST_MAX_OPERANDS][ELUFAST_BLOCK_PITCH]; /* as in memory, but packed */
    _Alignas(64) char ready[ELUFAST_MAX_OPERANDS][ELUFAST_BLOCK_PITCH]; /* as kernels take it */
    elufast_kernel *kernel; /* for all elements of the thread's part, if known beforehand */
    elufast_open_lines open;
} elufast_workspace;

/* Coordinates of element i, the fastest axis first. */
void elufast_locate(const elufast_walk *walk, size_t i, size_t *at);

/* By n elements in the order of the walk. */
void elufast_step_by(const elufast_walk *walk, size_t *at, size_t n);

/* By n elements along the axis, which reaches its end at the most. */
void elufast_step_on(const elufast_walk *walk, size_t *at, int axis, size_t n);

char *elufast_place_of(const elufast_walk *walk, const elufast_operand *operand, const size_t *at);

/* Of element i, which lies at `at`, in operand k. */
char *elufast_address(const elufast_plan *plan, int k, size_t i, const size_t *at);

/* Fills the block with what repeats in it. */
void elufast_prepare_block(const elufast_plan *plan, int k, elufast_workspace *w);

/* n elements from there on, as a kernel takes them: where they lie, or in the workspace, brought
 * there if they have not been prepared. */
char *elufast_input(const elufast_plan *plan, int k, elufast_workspace *w, size_t i,
                    const size_t *at, size_t n);

/* The same, whatever has been prepared. */
char *elufast_fetch(const elufast_plan *plan, int k, elufast_workspace *w, size_t i,
                    const size_t *at, size_t n);

/* Contiguous and native, but of the type that they have in memory. */
char *elufast_fetch_items(const elufast_plan *plan, int k, elufast_workspace *w, size_t i,
                          const size_t *at, size_t n);

/* Where a kernel writes; elufast_store brings it from there to where it belongs. */
char *elufast_target(const elufast_plan *plan, int k, elufast_workspace *w, size_t i,
                     const size_t *at);

void elufast_store(const elufast_plan *plan, int k, elufast_workspace *w, size_t i,
                   const size_t *at, size_t n);

#endif
