#include "_walk_in_order.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_parallel.h"
#include "_walk_blocks.h"
#include "_walk_integers.h"

/* Where parameters that repeat lie, NULL if not side by side. */
static const char *period_of_parameter(const elufast_plan *p, int k, const elufast_workspace *w) {
    const elufast_lane *l = &p->lanes[k];
    if (l->is_prepared) return w->ready[k];
    return l->is_in_place && l->period == p->walk->lengths[0] ? l->operand->first : NULL;
}

/* For `count` elements. Arrays of parameters that repeat are looked at once, not with each row. */
static elufast_kernel *kernel_for_all(const elufast_plan *p, const elufast_workspace *w,
                                      size_t count) {
    const elufast_kernels *kernels = &p->walk->loop->kernels;
    if (p->are_scalars || kernels->ordinary == NULL) return NULL;
    for (int k = p->walk->loop->function->data; k < p->inputs; k++) {
        const size_t period = p->lanes[k].period;
        const char *parameters = period_of_parameter(p, k, w);
        if (parameters == NULL || period > count / 4) return NULL;
        if (!kernels->are_ordinary(parameters, period)) return NULL;
    }
    return kernels->ordinary;
}

static elufast_kernel *kernel_for(const elufast_plan *p, const elufast_workspace *w,
                                  char *const *arrays) {
    const elufast_loop *loop = p->walk->loop;
    if (w->kernel != NULL) return w->kernel;
    if (!p->are_scalars) return loop->kernels.array;
    return elufast_kernel_for_scalars(loop, (const char *const *)arrays + loop->function->data);
}

static void call(const elufast_plan *p, elufast_kernel *kernel, char *const *arrays, size_t n) {
    const char *const *in = (const char *const *)arrays;
    const elufast_loop *loop = p->walk->loop;
    if (p->is_placed) {
        loop->kernels.placed(in, p->places, arrays + p->inputs, n);
    } else {
        kernel(in, in + loop->function->data, arrays + p->inputs, n);
    }
}

/* ---- rows ---- */

/* Rows along the second axis, of which nothing has to be worked out but where the first one lies.
 */
typedef struct {
    size_t rows, n; /* elements of each */
    char *places[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
} band;

static void find_size(const elufast_plan *p, const size_t *at, size_t left, band *b) {
    const size_t *lengths = p->walk->lengths;
    const size_t row_left = lengths[0] - at[0];
    b->n = row_left < left ? row_left : left;
    b->rows = 1;
    if (b->n < lengths[0] || p->walk->axes == 1 || p->fetches_numbers) return;
    b->rows = left / b->n;
    if (b->rows > lengths[1] - at[1]) b->rows = lengths[1] - at[1];
}

/* From `done` elements on after the block's first one, which is element i and lies at arrays[k]. */
static void find_places(const elufast_plan *p, elufast_workspace *w, char *const *arrays, size_t i,
                        const size_t *at, size_t done, band *b) {
    const size_t item = p->walk->loop->item_size;
    for (int k = 0; k < p->operands; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->is_by_row) {
            b->places[k] = elufast_is_number(p, k) ? elufast_fetch(p, k, w, i + done, at, 1)
                                                   : elufast_address(p, k, i + done, at);
            b->steps[k] = p->walk->axes > 1 ? l->operand->steps[1] : 0;
        } else {
            const size_t size = l->is_in_place ? l->operand->size : item;
            b->places[k] = arrays[k] + (elufast_is_number(p, k) ? 0 : done * size);
            b->steps[k] = elufast_is_number(p, k) ? 0 : (ptrdiff_t)(b->n * size);
        }
    }
}

static void run_band(const elufast_plan *p, const elufast_workspace *w, band *b) {
    elufast_kernel *kernel = NULL;
    for (size_t row = 0; row < b->rows; row++) {
        if (kernel == NULL || p->has_row_numbers) kernel = kernel_for(p, w, b->places);
        call(p, kernel, b->places, b->n);
        for (int k = 0; k < p->operands; k++) b->places[k] += b->steps[k];
    }
}

static void run_rows(const elufast_plan *p, elufast_workspace *w, char *const *arrays, size_t i,
                     const size_t *start, size_t count) {
    size_t at[ELUFAST_MAX_AXES];
    band b;
    memcpy(at, start, (size_t)p->walk->axes * sizeof *at);
    for (size_t done = 0; done < count; done += b.n * b.rows) {
        find_size(p, at, count - done, &b);
        find_places(p, w, arrays, i, at, done, &b);
        run_band(p, w, &b);
        elufast_step_on(p->walk, at, b.rows > 1 ? 1 : 0, b.rows > 1 ? b.rows : b.n);
    }
}

/* ---- blocks ---- */

/* So many elements less that the next block of the first output begins where a line does. */
static size_t beyond_line(const elufast_plan *p, size_t i, size_t n) {
    const elufast_lane *out = &p->lanes[p->inputs];
    const size_t size = out->operand->size;
    if (!out->is_straight || n * size <= ELUFAST_CACHE_LINE) return 0;
    return ((uintptr_t)out->operand->first + (i + n) * size) % ELUFAST_CACHE_LINE / size;
}

static size_t block_length(const elufast_plan *p, size_t i, size_t end, const size_t *at) {
    size_t n = p->longest;
    if (p->in_pieces) {
        const size_t left = p->walk->lengths[0] - at[0];
        if (n < left && p->streams) n -= beyond_line(p, i, n);
        if (n > left) n = left;
    } else {
        n -= i % n; /* so that rows and periods begin where blocks do */
    }
    return n < end - i ? n : end - i;
}

static void run_block(const elufast_plan *p, elufast_workspace *w, size_t i, const size_t *at,
                      size_t n) {
    if (p->table != NULL && elufast_look_up(p, w, i, at, n)) return;
    char *arrays[ELUFAST_MAX_OPERANDS];
    for (int k = 0; k < p->inputs; k++) {
        const size_t needed = elufast_is_number(p, k) ? 1 : n;
        arrays[k] = p->lanes[k].is_by_row ? NULL : elufast_input(p, k, w, i, at, needed);
    }
    for (int k = p->inputs; k < p->operands; k++) arrays[k] = elufast_target(p, k, w, i, at);
    if (p->by_rows) {
        run_rows(p, w, arrays, i, at, n);
    } else {
        call(p, kernel_for(p, w, arrays), arrays, n);
    }
    for (int k = p->inputs; k < p->operands; k++) elufast_store(p, k, w, i, at, n);
}

static void run_part(void *context, size_t start, size_t count) {
    const elufast_plan *p = context;
    const size_t end = start + count;
    size_t at[ELUFAST_MAX_AXES], n;
    elufast_workspace w;
    for (int k = 0; k < p->inputs; k++) {
        if (p->lanes[k].is_prepared) elufast_prepare_block(p, k, &w);
    }
    w.kernel = kernel_for_all(p, &w, count);
    elufast_locate(p->walk, start, at);
    for (size_t i = start; i < end; i += n) {
        n = block_length(p, i, end, at);
        run_block(p, &w, i, at, n);
        elufast_step_by(p->walk, at, n);
    }
    if (p->streams) elufast_end_stream();
}

void elufast_run_in_order(const elufast_walk *walk, int has_tiles) {
    elufast_plan p = elufast_make_plan(walk, has_tiles);
    elufast_table *table = elufast_pays_to_look_up(&p) ? elufast_new_table(walk->loop) : NULL;
    p.table = table;
    const size_t grain = p.longest == p.block && !p.in_pieces ? p.block : ELUFAST_CACHE_LINE;
    elufast_run_parallel(run_part, &p, walk->n, elufast_least_elements(&p), grain);
    free(table);
}
