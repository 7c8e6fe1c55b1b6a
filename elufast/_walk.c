#include "_walk_plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_parallel.h"

/* Below so many items a loop costs more than its items. */
enum { SHORT_ROW = 8 };

/* What a cache line holds, in bytes; arrays are turned by tiles whose sides are lines of both. */
enum { LINE = 64 };

/* Elements for which it pays to wake another thread; half of those of a contiguous loop, as each
 * costs more here. benchmarks/layouts.py --sizes 32768 */
static const size_t MIN_ELEMENTS_PER_THREAD = 16384;

typedef struct {
    _Alignas(64) char raw[ELUFAST_MAX_OPERANDS][ELUFAST_BLOCK_BYTES]; /* as in memory, but packed */
    _Alignas(64) char ready[ELUFAST_MAX_OPERANDS][ELUFAST_BLOCK_BYTES]; /* as the kernels take it */
} workspace;

/* ---- moving a block ---- */

/* Coordinates of element i, the fastest axis first. */
static void locate(const elufast_walk *walk, size_t i, size_t *at) {
    int last = walk->axes - 1;
    for (int axis = 0; axis < last; axis++) {
        at[axis] = i % walk->lengths[axis];
        i /= walk->lengths[axis];
    }
    at[last] = i;
}

static char *address(const elufast_plan *p, int k, size_t i, const size_t *at) {
    const elufast_lane *l = &p->lanes[k];
    char *place = l->operand->first;
    if (l->is_straight) return place + i * l->operand->size;
    for (int axis = 0; axis < p->walk->axes; axis++) {
        place += l->operand->steps[axis] * (ptrdiff_t)at[axis];
    }
    return place;
}

typedef struct {
    const elufast_operand *operand;
    elufast_mover *mover;
    char *place, *packed;
    int is_out;
} transfer;

/* n items along the first axis, `rows` times along the second; or the other way round. */
static void move(const transfer *t, elufast_steps steps, elufast_steps packed, size_t n,
                 size_t rows) {
    const size_t size = t->operand->size;
    if (t->is_out) {
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

/* Steps on by n elements along the axis, which reaches its end at the most. */
static void advance(const elufast_walk *walk, transfer *t, size_t *at, int axis, size_t n) {
    t->place += t->operand->steps[axis] * (ptrdiff_t)n;
    at[axis] += n;
    while (at[axis] == walk->lengths[axis] && axis + 1 < walk->axes) {
        t->place -= t->operand->steps[axis] * (ptrdiff_t)walk->lengths[axis];
        at[axis++] = 0;
        t->place += t->operand->steps[axis];
        at[axis]++;
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
            advance(walk, t, at, 1, rows);
        } else {
            count = n < row - at[0] ? n : row - at[0];
            elufast_steps steps = {t->operand->steps[0], 0};
            elufast_steps packed = {(ptrdiff_t)t->operand->size, 0};
            move(t, steps, packed, count, 1);
            advance(walk, t, at, 0, count);
        }
        t->packed += count * t->operand->size;
        n -= count;
    }
}

static void transfer_block(const elufast_plan *p, int k, char *place, const size_t *at,
                           char *packed, size_t n) {
    const elufast_operand *operand = p->lanes[k].operand;
    const elufast_moves *moves = p->walk->loop->moves;
    transfer t = {operand, operand->is_swapped ? moves->swap : moves->copy, place, packed,
                  k >= p->inputs};
    move_block(p->walk, &t, at, n);
}

/* ---- the operands of one kernel's call ---- */

/* n elements from element i on, which lies at `at`, as a kernel takes them. */
static char *fetch(const elufast_plan *p, int k, workspace *w, size_t i, const size_t *at,
                   size_t n) {
    const elufast_lane *l = &p->lanes[k];
    char *place = address(p, k, i, at);
    if (!elufast_is_row_straight(p, k) && !(n == 1 && l->is_usable)) {
        transfer_block(p, k, place, at, w->raw[k], n);
        place = w->raw[k];
    }
    if (l->convert == NULL) return place;
    l->convert(place, w->ready[k], n);
    return w->ready[k];
}

static char *input(const elufast_plan *p, int k, workspace *w, size_t i, const size_t *at,
                   size_t n) {
    const elufast_lane *l = &p->lanes[k];
    if (!l->is_prepared) return fetch(p, k, w, i, at, n);
    return w->ready[k] + (l->period == 1 ? 0 : i % l->period * p->walk->loop->item_size);
}

/* Where a kernel writes; `store` brings it from there to where it belongs. */
static char *target(const elufast_plan *p, int k, workspace *w, size_t i, const size_t *at) {
    int in_place = elufast_is_row_straight(p, k) && p->lanes[k].convert == NULL;
    return in_place ? address(p, k, i, at) : w->ready[k];
}

static void store(const elufast_plan *p, int k, workspace *w, size_t i, const size_t *at,
                  size_t n) {
    const elufast_lane *l = &p->lanes[k];
    int is_row = elufast_is_row_straight(p, k);
    if (is_row && l->convert == NULL) return;
    char *place = address(p, k, i, at), *from = w->ready[k];
    if (l->convert != NULL) {
        char *to = is_row ? place : w->raw[k];
        l->convert(from, to, n);
        from = to;
    }
    if (!is_row) transfer_block(p, k, place, at, from, n);
}

/* Fills the block with what repeats in it. */
static void prepare(const elufast_plan *p, int k, workspace *w) {
    const elufast_lane *l = &p->lanes[k];
    const size_t item = p->walk->loop->item_size, all = p->block * item;
    size_t at[ELUFAST_MAX_AXES] = {0}, filled = l->period * item;
    char *from = fetch(p, k, w, 0, at, l->period);
    if (from != w->ready[k]) memcpy(w->ready[k], from, filled);
    while (filled < all) {
        size_t more = filled < all - filled ? filled : all - filled;
        memcpy(w->ready[k] + filled, w->ready[k], more);
        filled += more;
    }
}

/* ---- the walk ---- */

static size_t call_length(const elufast_plan *p, size_t i, size_t end, const size_t *at) {
    size_t n = p->longest;
    if (p->by_rows) {
        size_t left = p->walk->lengths[0] - at[0];
        if (n > left) n = left;
    } else {
        n -= i % p->block; /* so that periods begin where blocks do */
    }
    return n < end - i ? n : end - i;
}

static void run_part(void *context, size_t start, size_t count) {
    const elufast_plan *p = context;
    const elufast_loop *loop = p->walk->loop;
    const int data = loop->function->data;
    const size_t end = start + count;
    size_t at[ELUFAST_MAX_AXES], n;
    char *arrays[ELUFAST_MAX_OPERANDS];
    workspace w;
    for (int k = 0; k < p->inputs; k++) {
        if (p->lanes[k].is_prepared) prepare(p, k, &w);
    }
    for (size_t i = start; i < end; i += n) {
        locate(p->walk, i, at);
        n = call_length(p, i, end, at);
        for (int k = 0; k < p->inputs; k++) {
            size_t needed = k >= data && p->are_scalars ? 1 : n;
            arrays[k] = input(p, k, &w, i, at, needed);
        }
        for (int k = p->inputs; k < p->operands; k++) arrays[k] = target(p, k, &w, i, at);
        const char *const *in = (const char *const *)arrays;
        elufast_kernel *kernel =
            p->are_scalars ? elufast_kernel_for_scalars(loop, in + data) : loop->kernels.array;
        kernel(in, in + data, arrays + p->inputs, n);
        for (int k = p->inputs; k < p->operands; k++) store(p, k, &w, i, at, n);
    }
}

/* ---- tiles ---- */

/* Where some operand jumps from line to line along the fastest axis but has another axis along
 * which it does not (the other arrays lie transposed to it): that axis, else 0. */
static int axis_to_turn(const elufast_walk *walk) {
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const elufast_operand *operand = &walk->operands[k];
        if (llabs(operand->steps[0]) < LINE) continue;
        for (int axis = 1; axis < walk->axes; axis++) {
            long long step = llabs(operand->steps[axis]);
            if (step > 0 && step < LINE && walk->lengths[axis] >= SHORT_ROW) return axis;
        }
    }
    return 0;
}

/* Elements of the fastest axis in a tile: a line, no more, since each may lie in a page of its own,
 * and of pages a processor remembers few. (With four lines a transposed array of 16 MB took up to
 * twice as long.) A block then holds several lines of the other axis. */
static size_t tile_side(const elufast_walk *walk) { return LINE / walk->loop->item_size; }

static void add_axis(elufast_walk *to, const elufast_walk *from, int axis, size_t length,
                     size_t factor) {
    to->lengths[to->axes] = length;
    for (int k = 0; k < elufast_count_operands(from); k++) {
        to->operands[k].steps[to->axes] = from->operands[k].steps[axis] * (ptrdiff_t)factor;
    }
    to->axes++;
    to->n *= length;
}

static void run_flat(const elufast_walk *walk) {
    elufast_plan p = elufast_make_plan(walk);
    size_t grain = p.by_rows ? LINE : p.block;
    elufast_run_parallel(run_part, &p, walk->n, MIN_ELEMENTS_PER_THREAD, grain);
}

/* From `start` on along the fastest axis, `count` strips that are `side` elements wide: across the
 * strip, along the axis to turn, along the others, and at last from strip to strip. */
static void run_strips(const elufast_walk *walk, int turn, size_t start, size_t side,
                       size_t count) {
    elufast_walk strips = *walk;
    strips.axes = 0;
    strips.n = 1;
    add_axis(&strips, walk, 0, side, 1);
    add_axis(&strips, walk, turn, walk->lengths[turn], 1);
    for (int axis = 1; axis < walk->axes; axis++) {
        if (axis != turn) add_axis(&strips, walk, axis, walk->lengths[axis], 1);
    }
    add_axis(&strips, walk, 0, count, side);
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        strips.operands[k].first += walk->operands[k].steps[0] * (ptrdiff_t)start;
    }
    run_flat(&strips);
}

void elufast_run_walk(const elufast_walk *walk) {
    int turn = walk->axes < ELUFAST_MAX_AXES ? axis_to_turn(walk) : 0;
    if (turn == 0) {
        run_flat(walk);
        return;
    }
    const size_t side = tile_side(walk), count = walk->lengths[0] / side;
    const size_t rest = walk->lengths[0] % side;
    if (count > 0) run_strips(walk, turn, 0, side, count);
    if (rest > 0) run_strips(walk, turn, count * side, rest, 1);
}
