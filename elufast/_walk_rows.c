#include "_walk_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_caches.h"
#include "_walk_calls.h"
#include "elufast/config.h"

/* ---- kernels ---- */

/* Where parameters that repeat lie, NULL if not side by side. */
static const char *period_of_parameter(const elufast_plan *p, int k, const elufast_workspace *w) {
    const elufast_lane *l = &p->lanes[k];
    if (l->is_prepared) return w->ready[k];
    return l->is_in_place && l->period == p->walk->lengths[0] ? l->operand->first : NULL;
}

elufast_kernel *elufast_kernel_for_all(const elufast_plan *p, const elufast_workspace *w,
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

void elufast_run_kernel(const elufast_plan *p, elufast_workspace *w, char *const *arrays,
                        size_t n) {
    elufast_call_kernel(p, w, kernel_for(p, w, arrays), arrays, n);
}

/* ---- rows ---- */

/* Rows along the second axis, of which nothing has to be worked out but where the first one lies.
 */
typedef struct {
    size_t rows, n; /* elements of each */
    char *places[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    const char *turned[ELUFAST_MAX_DATA]; /* where data lie that have been turned */
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
    for (int k = 0; k < p->walk->loop->function->data && p->prefetches_lines; k++) {
        b->turned[k] = elufast_address(p, k, i + done, at);
    }
}

/* For kernels that do not prefetch themselves: while so many lines of a row, in all data, are
 * computed, as many further on are on their way. With half or twice as many it is slower. */
enum { LINES_AT_ONCE = 32 };

/* Inlined in any case: gcc takes a call that does nothing but prefetch for one that does nothing.
 */
ELUFAST_FN void prefetch(const elufast_plan *p, const band *b, size_t first, size_t n) {
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->bytes_ahead == 0 || l->has_lines_ahead) continue;
        const ptrdiff_t step = l->operand->steps[0], bytes = (ptrdiff_t)llabs(step) * (ptrdiff_t)n;
        const size_t lowest = step < 0 ? first + n - 1 : first;
        const ptrdiff_t ahead = l->bytes_ahead + step * (ptrdiff_t)lowest;
        /* May lie outside of the array. */
        const uintptr_t place = (uintptr_t)b->places[k] + (uintptr_t)ahead;
        for (ptrdiff_t at = 0; at < bytes; at += ELUFAST_CACHE_LINE) {
            ELUFAST_PREFETCH((const char *)(place + (uintptr_t)at), 0);
        }
    }
}

/* Some of the lines of the next tile, of which this one has a part or nothing. May lie outside of
 * the array. */
ELUFAST_FN void prefetch_lines(const elufast_plan *p, const char *const *turned, size_t first,
                               size_t end) {
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (!l->has_lines_ahead) continue;
        const ptrdiff_t last = (ptrdiff_t)(p->walk->lengths[1] * l->operand->size) - 1;
        const uintptr_t place = (uintptr_t)turned[k] + (uintptr_t)(l->bytes_ahead + last);
        for (size_t i = first; i < end; i++) {
            const ptrdiff_t step = l->operand->steps[0] * (ptrdiff_t)i;
            ELUFAST_PREFETCH((const char *)(place + (uintptr_t)step), 0);
        }
    }
}

void elufast_prefetch_next_tile(const elufast_plan *p, size_t i, const size_t *at) {
    const char *turned[ELUFAST_MAX_DATA];
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        turned[k] = elufast_address(p, k, i, at);
    }
    prefetch_lines(p, turned, 0, p->walk->lengths[0]);
}

/* Pieces end where a line of the first output does. */
static void run_prefetched_row(const elufast_plan *p, elufast_workspace *w, elufast_kernel *kernel,
                               const band *b) {
    const size_t item = p->walk->loop->item_size;
    const size_t lines = LINES_AT_ONCE / (size_t)p->walk->loop->function->data;
    const size_t piece = lines * ELUFAST_CACHE_LINE / item;
    char *at[ELUFAST_MAX_OPERANDS];
    memcpy(at, b->places, (size_t)p->operands * sizeof *at);
    for (size_t first = 0, n; first < b->n; first += n) {
        n = piece - (uintptr_t)at[p->inputs] % ELUFAST_CACHE_LINE / item;
        if (n > b->n - first) n = b->n - first;
        prefetch(p, b, first, n);
        elufast_call_kernel(p, w, kernel, at, n);
        for (int k = 0; k < p->operands; k++) at[k] += elufast_step_of(p, k) * (ptrdiff_t)n;
    }
}

static void run_band(const elufast_plan *p, elufast_workspace *w, band *b) {
    elufast_kernel *kernel = NULL;
    for (size_t row = 0; row < b->rows; row++) {
        if (kernel == NULL || p->has_row_numbers) kernel = kernel_for(p, w, b->places);
        if (p->prefetches_lines) {
            prefetch_lines(p, b->turned, row * b->n / b->rows, (row + 1) * b->n / b->rows);
        }
        if (p->prefetches_rows && !elufast_prefetches_itself(p, kernel, b->places)) {
            run_prefetched_row(p, w, kernel, b);
        } else {
            elufast_call_kernel(p, w, kernel, b->places, b->n);
        }
        for (int k = 0; k < p->operands; k++) b->places[k] += b->steps[k];
    }
}

void elufast_run_rows(const elufast_plan *p, elufast_workspace *w, char *const *arrays, size_t i,
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
