#include "_walk_blocks.h"

#include <stdlib.h>
#include <string.h>

/* Below so many items a loop costs more than its items. */
enum { SHORT_ROW = 8 };

/* ---- moving a block ---- */

void elufast_locate(const elufast_walk *walk, size_t i, size_t *at) {
    int last = walk->axes - 1;
    for (int axis = 0; axis < last; axis++) {
        at[axis] = i % walk->lengths[axis];
        i /= walk->lengths[axis];
    }
    at[last] = i;
}

void elufast_step_on(const elufast_walk *walk, size_t *at, int axis, size_t n) {
    at[axis] += n;
    while (at[axis] == walk->lengths[axis] && axis + 1 < walk->axes) {
        at[axis++] = 0;
        at[axis]++;
    }
}

void elufast_step_by(const elufast_walk *walk, size_t *at, size_t n) {
    int axis = 0;
    at[0] += n;
    while (at[axis] >= walk->lengths[axis] && axis + 1 < walk->axes) {
        at[axis + 1] += at[axis] / walk->lengths[axis];
        at[axis] %= walk->lengths[axis];
        axis++;
    }
}

char *elufast_place_of(const elufast_walk *walk, const elufast_operand *operand, const size_t *at) {
    char *place = operand->first;
    for (int axis = 0; axis < walk->axes; axis++) {
        place += operand->steps[axis] * (ptrdiff_t)at[axis];
    }
    return place;
}

char *elufast_address(const elufast_plan *p, int k, size_t i, const size_t *at) {
    const elufast_lane *l = &p->lanes[k];
    if (l->is_straight) return l->operand->first + i * l->operand->size;
    return elufast_place_of(p->walk, l->operand, at);
}

typedef struct {
    const elufast_operand *operand;
    elufast_mover *mover;
    char *place, *packed;
    int is_out;
    char *scratch; /* where lines are put together that go past the caches; else NULL */
} transfer;

/* Whether an output is written in runs that fill whole lines. */
static int streams(const transfer *t, elufast_steps steps, size_t n) {
    const size_t size = t->operand->size;
    return t->scratch != NULL && steps.step == (ptrdiff_t)size && n * size >= ELUFAST_CACHE_LINE;
}

static void stream_rows(const transfer *t, elufast_steps steps, elufast_steps packed, size_t n,
                        size_t rows) {
    const size_t size = t->operand->size, row_bytes = n * size;
    const elufast_steps lines = {(ptrdiff_t)size, (ptrdiff_t)row_bytes};
    t->mover(t->scratch, lines, t->packed, packed, n, rows, size);
    for (size_t row = 0; row < rows; row++) {
        char *to = t->place + steps.row_step * (ptrdiff_t)row;
        elufast_tune.stream(to, t->scratch + row * row_bytes, row_bytes);
    }
}

/* n items along the first axis, `rows` times along the second; or the other way round. */
static void move(const transfer *t, elufast_steps steps, elufast_steps packed, size_t n,
                 size_t rows) {
    const size_t size = t->operand->size;
    if (streams(t, steps, n)) {
        stream_rows(t, steps, packed, n, rows);
    } else if (t->is_out) {
        t->mover(t->place, steps, t->packed, packed, n, rows, size);
    } else {
        t->mover(t->packed, packed, t->place, steps, n, rows, size);
    }
}

/* Whole rows: along the axis where the items lie closer, if they are enough to pay for a loop. */
static void move_rows(const transfer *t, size_t rows, size_t row) {
    const elufast_operand *o = t->operand;
    const ptrdiff_t size = (ptrdiff_t)o->size, packed_row = size * (ptrdiff_t)row;
    const elufast_steps steps = {o->steps[0], o->steps[1]}, packed = {size, packed_row};
    const elufast_steps turned = {o->steps[1], o->steps[0]}, packed_turned = {packed_row, size};
    int is_closer = llabs(o->steps[1]) < llabs(o->steps[0]);
    if (row < SHORT_ROW ? rows > row : is_closer && rows >= SHORT_ROW) {
        move(t, turned, packed_turned, rows, row);
    } else {
        move(t, steps, packed, row, rows);
    }
}

static void move_block(const elufast_walk *walk, transfer *t, const size_t *start, size_t n) {
    const size_t row = walk->lengths[0];
    size_t at[ELUFAST_MAX_AXES];
    memcpy(at, start, (size_t)walk->axes * sizeof *at);
    while (n > 0) {
        size_t count;
        if (at[0] == 0 && n >= row && walk->axes > 1) {
            size_t rows = n / row, left = walk->lengths[1] - at[1];
            if (rows > left) rows = left;
            count = rows * row;
            move_rows(t, rows, row);
            elufast_step_on(walk, at, 1, rows);
        } else {
            count = n < row - at[0] ? n : row - at[0];
            elufast_steps steps = {t->operand->steps[0], 0};
            elufast_steps packed = {(ptrdiff_t)t->operand->size, 0};
            move(t, steps, packed, count, 1);
            elufast_step_on(walk, at, 0, count);
        }
        t->place = elufast_place_of(walk, t->operand, at);
        t->packed += count * t->operand->size;
        n -= count;
    }
}

static void transfer_block(const elufast_plan *p, int k, char *place, const size_t *at,
                           char *packed, char *scratch, size_t n) {
    const elufast_operand *operand = p->lanes[k].operand;
    const elufast_moves *moves = p->walk->loop->moves;
    transfer t = {operand,        operand->is_swapped ? moves->swap : moves->copy,
                  place,          packed,
                  k >= p->inputs, scratch};
    move_block(p->walk, &t, at, n);
}

/* ---- the operands of a block ---- */

/* Whether n elements from `at` on are contiguous and native, though perhaps of another type. */
static int is_run(const elufast_plan *p, int k, const size_t *at, size_t n) {
    const elufast_lane *l = &p->lanes[k];
    if (n == 1) return l->is_usable;
    return l->is_straight || (l->has_rows && at[0] + n <= p->walk->lengths[0]);
}

char *elufast_fetch_items(const elufast_plan *p, int k, elufast_workspace *w, size_t i,
                          const size_t *at, size_t n) {
    char *place = elufast_address(p, k, i, at);
    if (is_run(p, k, at, n)) return place;
    transfer_block(p, k, place, at, w->raw[k], NULL, n);
    return w->raw[k];
}

char *elufast_fetch(const elufast_plan *p, int k, elufast_workspace *w, size_t i, const size_t *at,
                    size_t n) {
    const elufast_lane *l = &p->lanes[k];
    char *place = elufast_fetch_items(p, k, w, i, at, n);
    if (l->convert == NULL) return place;
    l->convert(place, w->ready[k], n);
    return w->ready[k];
}

char *elufast_input(const elufast_plan *p, int k, elufast_workspace *w, size_t i, const size_t *at,
                    size_t n) {
    const elufast_lane *l = &p->lanes[k];
    if (l->is_in_place) return elufast_address(p, k, i, at);
    if (!l->is_prepared) return elufast_fetch(p, k, w, i, at, n);
    return w->ready[k] + (l->period == 1 ? 0 : i % l->period * p->walk->loop->item_size);
}

char *elufast_target(const elufast_plan *p, int k, elufast_workspace *w, size_t i,
                     const size_t *at) {
    return p->lanes[k].is_in_place ? elufast_address(p, k, i, at) : w->ready[k];
}

void elufast_store(const elufast_plan *p, int k, elufast_workspace *w, size_t i, const size_t *at,
                   size_t n) {
    const elufast_lane *l = &p->lanes[k];
    if (l->is_in_place) return;
    const int runs = is_run(p, k, at, n);
    char *place = elufast_address(p, k, i, at), *from = w->ready[k], *unused = w->raw[k];
    if (l->convert != NULL && runs && !p->streams) {
        l->convert(from, place, n);
        return;
    }
    if (l->convert != NULL) {
        l->convert(from, w->raw[k], n);
        from = w->raw[k];
        unused = w->ready[k];
    }
    if (runs && p->streams) {
        elufast_tune.stream(place, from, n * l->operand->size);
    } else {
        transfer_block(p, k, place, at, from, p->streams ? unused : NULL, n);
    }
}

void elufast_prepare_block(const elufast_plan *p, int k, elufast_workspace *w) {
    const elufast_lane *l = &p->lanes[k];
    const size_t item = p->walk->loop->item_size;
    const size_t all = (elufast_is_number(p, k) ? 1 : p->block) * item;
    size_t at[ELUFAST_MAX_AXES] = {0}, filled = l->period * item;
    char *from = elufast_fetch(p, k, w, 0, at, l->period);
    if (from != w->ready[k]) memcpy(w->ready[k], from, filled);
    while (filled < all) {
        size_t more = filled < all - filled ? filled : all - filled;
        memcpy(w->ready[k] + filled, w->ready[k], more);
        filled += more;
    }
}
