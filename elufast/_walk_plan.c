#include "_walk_plan.h"

#include <stddef.h>
#include <string.h>

#include "_loop_call.h"
#include "_walk_integers.h"
#include "_walk_past_caches.h"
#include "_walk_placing.h"

/* From so many elements on, rows are given to the kernels one by one; shorter ones are packed, as
 * a call costs as much as that. benchmarks/layouts.py. Of tiles, where data are packed either way,
 * more: rows of 60 took up to 1.8 times as long, but of 112 are 0.9 of it. */
enum { LONG_ROW = 32, LONG_ROW_OF_TILE = 64 };

static int is_input(const elufast_walk *walk, int k) {
    return k < walk->loop->function->data + walk->loop->function->parameters;
}

static elufast_converter *converter(const elufast_walk *walk, int k) {
    const elufast_operand *operand = &walk->operands[k];
    const elufast_moves *moves = walk->loop->moves;
    return is_input(walk, k) ? moves->convert[operand->item][walk->item]
                             : moves->convert[walk->item][operand->item];
}

int elufast_can_walk(const elufast_walk *walk) {
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        if (walk->operands[k].item != walk->item && converter(walk, k) == NULL) return 0;
    }
    return 1;
}

static size_t period_of(const elufast_walk *walk, const elufast_operand *operand) {
    size_t period = walk->n;
    for (int axis = walk->axes - 1; axis >= 0 && operand->steps[axis] == 0; axis--) {
        period /= walk->lengths[axis];
    }
    return period;
}

int elufast_is_one_run(const elufast_walk *walk, const elufast_operand *operand) {
    ptrdiff_t step = (ptrdiff_t)operand->size;
    for (int axis = 0; axis < walk->axes; axis++) {
        if (operand->steps[axis] != step) return 0;
        step *= (ptrdiff_t)walk->lengths[axis];
    }
    return 1;
}

static void plan_lanes(elufast_plan *p) {
    const elufast_walk *walk = p->walk;
    for (int k = 0; k < p->operands; k++) {
        const elufast_operand *operand = &walk->operands[k];
        elufast_lane *l = &p->lanes[k];
        *l = (elufast_lane){.operand = operand};
        l->convert = operand->item == walk->item ? NULL : converter(walk, k);
        const int is_taken =
            operand->is_aligned || (ELUFAST_TAKES_MISALIGNED && l->convert == NULL);
        l->is_usable = is_taken && !operand->is_swapped;
        l->is_straight = l->is_usable && elufast_is_one_run(walk, operand);
        l->has_rows = l->is_usable && operand->steps[0] == (ptrdiff_t)operand->size;
        l->period = period_of(walk, operand);
        l->placing = elufast_placing_of(p, k);
    }
}

int elufast_has_long_rows(const elufast_plan *p) {
    return p->walk->lengths[0] >= (size_t)(p->has_tiles ? LONG_ROW_OF_TILE : LONG_ROW);
}

static int parameters_are_scalars(const elufast_plan *p) {
    for (int k = p->walk->loop->function->data; k < p->inputs; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->period != 1 && !(elufast_has_long_rows(p) && l->operand->steps[0] == 0)) return 0;
    }
    return 1;
}

static int has_defaults(const elufast_plan *p) {
    const elufast_loop *loop = p->walk->loop;
    const char *values[ELUFAST_MAX_PARAMETERS];
    for (int k = loop->function->data; k < p->inputs; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->period != 1 || !l->is_usable || l->convert != NULL) return 0;
        values[k - loop->function->data] = l->operand->first;
    }
    return elufast_are_defaults(loop, values);
}

/* The same for all kernels' calls. */
static int is_one_number(const elufast_plan *p, int k) {
    return elufast_is_number(p, k) && p->lanes[k].period == 1 && p->lanes[k].is_usable;
}

/* A number for each row is read when its row's turn comes. What repeats within a block is better
 * packed once: then a kernel's call can take several rows. Results that are looked up come by
 * tiles, not by rows. */
static void plan_places(elufast_plan *p, size_t most) {
    const int is_looked_up = p->has_tiles && p->has_defaults && elufast_may_look_up(p->walk);
    for (int k = 0; k < p->operands; k++) {
        elufast_lane *l = &p->lanes[k];
        const int is_row_number = elufast_is_number(p, k) && l->period != 1;
        const int is_row = l->has_rows && elufast_has_long_rows(p) && l->period > most / 2;
        const int has_block = k >= p->inputs && (p->streams || is_looked_up);
        const int is_in_one_place = l->is_straight || is_one_number(p, k);
        l->is_in_place = l->convert == NULL && (is_in_one_place || is_row) && !has_block;
        l->is_by_row = (l->is_in_place && !is_in_one_place) || is_row_number;
        p->by_rows |= l->is_by_row;
        p->has_row_numbers |= is_row_number;
        p->fetches_numbers |= is_row_number && (!l->is_usable || l->convert != NULL);
    }
}

size_t elufast_largest_item(const elufast_walk *walk) {
    size_t largest = walk->loop->item_size;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        if (walk->operands[k].size > largest) largest = walk->operands[k].size;
    }
    return largest;
}

size_t elufast_bytes_of_all(const elufast_plan *p) {
    size_t bytes = 0;
    for (int k = 0; k < p->operands; k++) bytes += p->lanes[k].period * p->lanes[k].operand->size;
    return bytes;
}

size_t elufast_piece(size_t row, size_t most) {
    enum { GRAIN = 16 };
    most -= most % GRAIN;
    const size_t pieces = (row - 1) / most + 1, length = (row - 1) / pieces + 1;
    return (length + GRAIN - 1) / GRAIN * GRAIN;
}

size_t elufast_least_elements(const elufast_plan *p) {
    const size_t least = 16384, of_loop = (size_t)(elufast_tune.thread_work / p->cost) + 1;
    return least < of_loop ? least : of_loop;
}

/* Blocks hold whole rows and whole periods, or a tile, or pieces of one row. */
static void plan_blocks(elufast_plan *p, size_t most, int has_tiles) {
    const size_t row = p->walk->lengths[0];
    size_t unit = row > most ? 1 : row;
    if (has_tiles) unit = row * p->walk->lengths[1];
    int all_in_place = 1;
    for (int k = 0; k < p->operands; k++) {
        elufast_lane *l = &p->lanes[k];
        l->is_prepared = k < p->inputs && l->period <= most && !l->is_in_place && !l->is_by_row;
        if (l->is_prepared && l->period > unit) unit = l->period;
        all_in_place = all_in_place && (l->is_in_place || elufast_is_number(p, k));
    }
    p->in_pieces = row > most && !all_in_place;
    p->block = p->in_pieces ? elufast_piece(row, most) : most / unit * unit;
    p->longest = all_in_place ? p->walk->n : p->block;
}

static size_t block_bytes(const elufast_plan *p, int has_tiles) {
    if (has_tiles) return ELUFAST_TILE_BYTES;
    return p->streams ? ELUFAST_STREAM_BLOCK_BYTES : ELUFAST_BLOCK_BYTES;
}

void elufast_make_plan(elufast_plan *p, const elufast_walk *walk, int has_tiles) {
    const elufast_function *f = walk->loop->function;
    memset(p, 0, offsetof(elufast_plan, lanes));
    p->walk = walk;
    p->has_tiles = has_tiles;
    p->inputs = f->data + f->parameters;
    p->operands = elufast_count_operands(walk);
    plan_lanes(p);
    p->are_scalars = parameters_are_scalars(p);
    p->has_defaults = has_defaults(p);
    p->cost = walk->loop->cost[p->has_defaults ? 0 : 1];
    elufast_plan_streams(p);
    const size_t most = block_bytes(p, has_tiles) / elufast_largest_item(walk);
    plan_places(p, most);
    elufast_plan_placing(p);
    elufast_plan_past_caches(p);
    plan_blocks(p, most, has_tiles);
}
