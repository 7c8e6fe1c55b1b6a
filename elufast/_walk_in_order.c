#include "_walk_in_order.h"

#include <stdint.h>
#include <stdlib.h>

#include "_parallel.h"
#include "_walk_blocks.h"
#include "_walk_calls.h"
#include "_walk_integers.h"
#include "_walk_rows.h"

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
    if (p->prefetches_lines && !p->by_rows) elufast_prefetch_next_tile(p, i, at);
    if (p->table != NULL && elufast_look_up(p, w, i, at, n)) return;
    char *arrays[ELUFAST_MAX_OPERANDS];
    for (int k = 0; k < p->inputs; k++) {
        const size_t needed = elufast_is_number(p, k) ? 1 : n;
        arrays[k] = p->lanes[k].is_by_row ? NULL : elufast_input(p, k, w, i, at, needed);
    }
    for (int k = p->inputs; k < p->operands; k++) arrays[k] = elufast_target(p, k, w, i, at);
    if (p->by_rows) {
        elufast_run_rows(p, w, arrays, i, at, n);
    } else {
        elufast_run_kernel(p, w, arrays, n);
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
    w.kernel = elufast_kernel_for_all(p, &w, count);
    w.open.count = 0;
    elufast_locate(p->walk, start, at);
    for (size_t i = start; i < end; i += n) {
        n = block_length(p, i, end, at);
        run_block(p, &w, i, at, n);
        elufast_step_by(p->walk, at, n);
    }
    if (p->goes_straight) elufast_finish_lines(p, &w);
    if (p->streams) elufast_end_stream();
}

void elufast_run_in_order(const elufast_walk *walk, int has_tiles) {
    elufast_plan p;
    elufast_make_plan(&p, walk, has_tiles);
    elufast_table *table = elufast_pays_to_look_up(&p) ? elufast_new_table(walk->loop) : NULL;
    p.table = table;
    const size_t grain = p.longest == p.block && !p.in_pieces ? p.block : ELUFAST_CACHE_LINE;
    elufast_run_parallel(run_part, &p,
                         &(elufast_range){walk->n, elufast_least_elements(&p), grain, 0});
    free(table);
}
