#include "_walk_tiles.h"

#include <stdlib.h>

#include "_walk_in_order.h"
#include "_walk_plan.h"
#include "_walk_squares.h"

/* A tile of arrays that lie transposed to each other is a line of the cache wide across, no more,
 * since each of the lines may lie in a page of its own, and of pages a processor remembers few. It
 * is as long as fits a block along the axis that kernels' calls follow, so that they are not too
 * short. */
enum { LINE = ELUFAST_CACHE_LINE };

static size_t tile_width(const elufast_walk *walk) { return LINE / walk->loop->item_size; }

static size_t longest_tile(const elufast_walk *walk) {
    return ELUFAST_TILE_BYTES / (tile_width(walk) * elufast_largest_item(walk));
}

/* Fewer elements than that are not worth turning. */
enum { SHORT_AXIS = 8 };

/* What the nearest caches hold is read in any order: tiles cost as much again as they spare.
 * (Arrays of 24 to 80 rows take 0.4 to 0.7 of the time, up to that size at most 1.05; with twice as
 * many bytes it would be up to 1.25.) */
enum { NEAR_BYTES = 96 << 10 };

static int is_scattered(const elufast_operand *operand, int axis) {
    return llabs(operand->steps[axis]) >= LINE;
}

/* Where some operand jumps from line to line along the fastest axis but has another axis along
 * which it does not (the other arrays lie transposed to it). Tiles take two more axes. */
int elufast_axis_to_turn(const elufast_walk *walk) {
    if (walk->axes + 2 > ELUFAST_MAX_AXES) return 0;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const elufast_operand *operand = &walk->operands[k];
        if (!is_scattered(operand, 0)) continue;
        for (int axis = 1; axis < walk->axes; axis++) {
            long long step = llabs(operand->steps[axis]);
            if (step > 0 && step < LINE && walk->lengths[axis] >= SHORT_AXIS) return axis;
        }
    }
    return 0;
}

/* ---- which axis kernels' calls follow ---- */

static int scattered(const elufast_walk *walk, int axis, int first, int end) {
    int count = 0;
    for (int k = first; k < end; k++) count += is_scattered(&walk->operands[k], axis);
    return count;
}

/* What repeats counted once. */
static size_t bytes_of_all(const elufast_walk *walk) {
    size_t bytes = 0;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        size_t all = walk->operands[k].size;
        for (int axis = 0; axis < walk->axes; axis++) {
            if (walk->operands[k].steps[axis] != 0) all *= walk->lengths[axis];
        }
        bytes += all;
    }
    return bytes;
}

/* A cache keeps few lines that are so many bytes apart, or a multiple of that, and gives up some
 * that are on their way to be written for others: of 1,024 floats to a row with AVX2, up to 5 times
 * as long; where they are read, up to 1.7 times. */
static int are_crowded(const elufast_walk *walk, int axis, int first, int end) {
    enum { CROWDED = 2048 };
    for (int k = first; k < end; k++) {
        const elufast_operand *o = &walk->operands[k];
        if (is_scattered(o, axis) && o->steps[axis] % CROWDED == 0) return 1;
    }
    return 0;
}

/* What is scattered along that axis has to be turned: the fewer, the better. But of lines that are
 * written here and there each waits for memory, and nothing fetches it beforehand: far outputs are
 * rather not turned, nor crowded ones (0.15 to 0.8 of the time, elu_backward 0.3 to 0.9). Single
 * bytes, for which there are no squares, are not turned either. */
static int axis_to_follow(const elufast_walk *walk, int turn, int is_far) {
    const int data = walk->loop->function->data, all = elufast_count_operands(walk);
    const int outputs = data + walk->loop->function->parameters;
    const int of_data = scattered(walk, turn, 0, data) - scattered(walk, 0, 0, data);
    const int of_outputs = scattered(walk, turn, outputs, all) - scattered(walk, 0, outputs, all);
    if (walk->operands[0].size == 1) return of_data < 0 ? turn : 0;
    const int best = of_data + of_outputs >= 0 ? 0 : turn;
    if (of_outputs == 0) return best;
    const int best_for_outputs = of_outputs > 0 ? 0 : turn, other = turn - best_for_outputs;
    if (is_far || are_crowded(walk, other, outputs, all)) return best_for_outputs;
    if (of_data + of_outputs != 0) return best;
    return are_crowded(walk, best_for_outputs, 0, data) ? other : best_for_outputs;
}

/* ---- tiles ---- */

typedef struct {
    const elufast_walk *walk;
    int along, across; /* the axis that kernels' calls follow, and the other one */
    int is_far;
} tiling;

static void add_axis(elufast_walk *to, const elufast_walk *from, int axis, size_t length,
                     size_t factor) {
    to->lengths[to->axes] = length;
    for (int k = 0; k < elufast_count_operands(from); k++) {
        to->operands[k].steps[to->axes] = from->operands[k].steps[axis] * (ptrdiff_t)factor;
    }
    to->axes++;
    to->n *= length;
}

typedef struct {
    size_t start, side, count; /* along an axis: so many sides from there on */
} stretch;

/* From tile to tile along, so that each thread has a slab of its own: where two wrote to the same
 * rows, what one fetched ahead of itself was the other's, and they took up to 1.9 times as long on
 * cores that share no cache. Where memory is what they wait for, across, where the lines that are
 * turned go on: 0.7 to 0.95 of the time. */
static void run_stretches(const tiling *t, stretch along, stretch across) {
    if (along.side * along.count == 0 || across.side * across.count == 0) return;
    const elufast_walk *walk = t->walk;
    const int next = t->is_far ? t->across : t->along, last = t->is_far ? t->along : t->across;
    const stretch *of_next = t->is_far ? &across : &along, *of_last = t->is_far ? &along : &across;
    elufast_walk tiles = *walk;
    tiles.axes = 0;
    tiles.n = 1;
    add_axis(&tiles, walk, t->along, along.side, 1);
    add_axis(&tiles, walk, t->across, across.side, 1);
    add_axis(&tiles, walk, next, of_next->count, of_next->side);
    for (int axis = 0; axis < walk->axes; axis++) {
        if (axis != next && axis != last) add_axis(&tiles, walk, axis, walk->lengths[axis], 1);
    }
    add_axis(&tiles, walk, last, of_last->count, of_last->side);
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const ptrdiff_t *steps = walk->operands[k].steps;
        tiles.operands[k].first += steps[t->along] * (ptrdiff_t)along.start;
        tiles.operands[k].first += steps[t->across] * (ptrdiff_t)across.start;
    }
    elufast_run_in_order(&tiles, 1);
}

/* Elements along an axis before the next line of the last operand whose lines follow it, and begin
 * at the same place in each row. */
static size_t before_line(const elufast_walk *walk, int axis, int other, size_t side) {
    for (int k = elufast_count_operands(walk) - 1; k >= 0; k--) {
        const elufast_operand *o = &walk->operands[k];
        if (o->steps[axis] != (ptrdiff_t)o->size || !is_scattered(o, other)) continue;
        if (o->steps[other] % LINE != 0) return 0;
        const size_t ahead = elufast_bytes_to_line(o->first) / o->size;
        return ahead % side; /* a line may be several tiles of wider items */
    }
    return 0;
}

static void run_strips(const tiling *t, stretch across) {
    const size_t length = t->walk->lengths[t->along];
    const size_t side = elufast_piece(length, longest_tile(t->walk)), tiles = length / side;
    run_stretches(t, (stretch){0, side, tiles}, across);
    run_stretches(t, (stretch){tiles * side, length % side, 1}, across);
}

void elufast_run_tiles(const elufast_walk *walk, int turn) {
    if (elufast_run_squares(walk, turn)) return;
    const size_t bytes = bytes_of_all(walk);
    if (bytes <= NEAR_BYTES) {
        elufast_run_in_order(walk, 0);
        return;
    }
    tiling t = {.walk = walk, .is_far = elufast_is_far(bytes)};
    t.along = axis_to_follow(walk, turn, t.is_far);
    t.across = t.along == 0 ? turn : 0;
    const size_t length = walk->lengths[t.across], side = tile_width(walk);
    const int has_few = length < (size_t)ELUFAST_FEW_STRIPS * side;
    size_t ahead = has_few ? 0 : before_line(walk, t.across, t.along, side);
    if (ahead > length) ahead = length;
    const size_t count = (length - ahead) / side, end = ahead + count * side;
    run_strips(&t, (stretch){0, ahead, 1});
    run_strips(&t, (stretch){ahead, side, count});
    run_strips(&t, (stretch){end, length - end, 1});
}
