#include "_walk_integers.h"

#include <stdlib.h>

#include "_float_modes.h"

/* A result must not be written where integers of the same block are still to be read. */
static int are_outputs_elsewhere(const elufast_plan *p) {
    for (int k = p->inputs; k < p->operands; k++) {
        if (p->lanes[k].operand->first == p->lanes[0].operand->first) return 0;
    }
    return 1;
}

int elufast_may_look_up(const elufast_walk *walk) {
    const elufast_moves *moves = walk->loop->moves;
    return walk->loop->function->data == 1 && moves->look_up[walk->operands[0].item] != NULL;
}

int elufast_pays_to_look_up(const elufast_plan *p) {
    const elufast_lane *x = &p->lanes[0];
    return elufast_may_look_up(p->walk) && p->walk->item == ELUFAST_F64 && !x->is_prepared &&
           !p->by_rows && p->walk->n >= 8 * ELUFAST_TABLE_LENGTH && p->has_defaults &&
           are_outputs_elsewhere(p);
}

int elufast_can_look_up_past_caches(const elufast_plan *p) {
    if (!p->walk->loop->moves->looks_up_past_caches || !p->lanes[0].is_straight) return 0;
    for (int k = p->inputs; k < p->operands; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (!l->is_straight || !l->operand->is_aligned || l->convert != NULL) return 0;
    }
    return p->has_defaults;
}

/* By the kernel itself, so that the bits are its own. Nothing of what the table holds need be asked
 * for, so flags are dropped; there are none, with the defaults and these integers. Not on the
 * stack, of which a thread may have little. */
elufast_table *elufast_new_table(const elufast_loop *loop) {
    elufast_table *table = malloc(sizeof *table);
    if (table == NULL) return NULL;
    const elufast_modes modes = elufast_read_modes();
    elufast_own_modes own;
    double *x = table->results[0];
    const char *const data[] = {(const char *)x};
    char *out[ELUFAST_MAX_OUT];
    for (int i = 0; i < ELUFAST_MAX_OUT; i++) out[i] = (char *)table->results[i];
    for (int i = 0; i < ELUFAST_TABLE_LENGTH; i++) {
        const int is_negative = i >= ELUFAST_TABLE_LENGTH + ELUFAST_TABLE_FIRST;
        x[i] = is_negative ? i - ELUFAST_TABLE_LENGTH : i;
    }
    elufast_take_modes(&modes, &own);
    loop->kernels.defaults(data, NULL, out, ELUFAST_TABLE_LENGTH);
    elufast_restore_modes(&own);
    return table;
}

/* Where the last of them are not in the table, the first have been written: x must lie elsewhere,
 * for it is read again. */
static int look_up_past(const elufast_plan *p, const char *x, const double *results, char *out,
                        size_t n) {
    const elufast_operand *integers = p->lanes[0].operand;
    elufast_looker *look_up = p->walk->loop->moves->look_up[integers->item];
    size_t ahead = elufast_bytes_to_line(out) / sizeof *results;
    if (ahead > n) ahead = n;
    return look_up(x, results, out, ahead, 0) &&
           look_up(x + ahead * integers->size, results, out + ahead * sizeof *results, n - ahead,
                   1);
}

int elufast_look_up(const elufast_plan *p, elufast_workspace *w, size_t i, const size_t *at,
                    size_t n) {
    elufast_looker *look_up = p->walk->loop->moves->look_up[p->lanes[0].operand->item];
    const char *x = elufast_fetch_items(p, 0, w, i, at, n);
    for (int k = p->inputs; k < p->operands; k++) {
        const double *results = p->table->results[k - p->inputs];
        char *out = elufast_target(p, k, w, i, at);
        const int is_done =
            p->goes_straight ? look_up_past(p, x, results, out, n) : look_up(x, results, out, n, 0);
        if (!is_done) return 0;
        elufast_store(p, k, w, i, at, n);
    }
    return 1;
}
