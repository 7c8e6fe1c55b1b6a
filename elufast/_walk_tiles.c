#include "_walk_tiles.h"

#include <stdlib.h>

#include "_walk_in_order.h"
#include "_walk_plan.h"
#include "_walk_squares.h"

/* A tile of arrays that lie transposed to each other is a line of the cache wide, no more, since
 * each of its columns may lie in a page of its own, and of pages a processor remembers few. It is
 * as long as fits a block, so that kernels' calls are not too short. */
enum { LINE = ELUFAST_CACHE_LINE };

static size_t tile_width(const elufast_walk *walk) { return LINE / walk->loop->item_size; }

static size_t longest_tile(const elufast_walk *walk) {
    return ELUFAST_TILE_BYTES / (tile_width(walk) * elufast_largest_item(walk));
}

/* Fewer elements than that are not worth turning. */
enum { SHORT_AXIS = 8 };

/* Where some operand jumps from line to line along the fastest axis but has another axis along
 * which it does not (the other arrays lie transposed to it). Tiles take two more axes. */
int elufast_axis_to_turn(const elufast_walk *walk) {
    if (walk->axes + 2 > ELUFAST_MAX_AXES) return 0;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const elufast_operand *operand = &walk->operands[k];
        if (llabs(operand->steps[0]) < LINE) continue;
        for (int axis = 1; axis < walk->axes; axis++) {
            long long step = llabs(operand->steps[axis]);
            if (step > 0 && step < LINE && walk->lengths[axis] >= SHORT_AXIS) return axis;
        }
    }
    return 0;
}

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

/* Tiles: along the axis to turn, where one of the arrays is contiguous and a kernel's call can
 * follow it; across, which is the others' way; then from tile to tile. */
static void run_stretches(const elufast_walk *walk, int turn, stretch along, stretch across) {
    if (along.side * along.count == 0 || across.side * across.count == 0) return;
    elufast_walk tiles = *walk;
    tiles.axes = 0;
    tiles.n = 1;
    add_axis(&tiles, walk, turn, along.side, 1);
    add_axis(&tiles, walk, 0, across.side, 1);
    add_axis(&tiles, walk, turn, along.count, along.side);
    for (int axis = 1; axis < walk->axes; axis++) {
        if (axis != turn) add_axis(&tiles, walk, axis, walk->lengths[axis], 1);
    }
    add_axis(&tiles, walk, 0, across.count, across.side);
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const ptrdiff_t *steps = walk->operands[k].steps;
        tiles.operands[k].first += steps[0] * (ptrdiff_t)across.start;
        tiles.operands[k].first += steps[turn] * (ptrdiff_t)along.start;
    }
    elufast_run_in_order(&tiles, 1);
}

/* Elements before the first output's next line, if its lines begin at the same place in each row.
 */
static size_t before_line(const elufast_walk *walk, int turn) {
    const elufast_function *f = walk->loop->function;
    const elufast_operand *out = &walk->operands[f->data + f->parameters];
    if (out->steps[0] != (ptrdiff_t)out->size || out->steps[turn] % LINE != 0) return 0;
    return elufast_bytes_to_line(out->first) / out->size;
}

static void run_strips(const elufast_walk *walk, int turn, stretch across) {
    const size_t length = walk->lengths[turn], side = elufast_piece(length, longest_tile(walk));
    const size_t tiles = length / side;
    const stretch whole = {0, side, tiles}, rest = {tiles * side, length % side, 1};
    run_stretches(walk, turn, whole, across);
    run_stretches(walk, turn, rest, across);
}

void elufast_run_tiles(const elufast_walk *walk, int turn) {
    if (elufast_run_squares(walk, turn)) return;
    const size_t length = walk->lengths[0], side = tile_width(walk);
    size_t ahead = before_line(walk, turn) % side; /* a line may be several tiles of wider items */
    if (ahead > length) ahead = length;
    const size_t count = (length - ahead) / side, end = ahead + count * side;
    run_strips(walk, turn, (stretch){0, ahead, 1});
    run_strips(walk, turn, (stretch){ahead, side, count});
    run_strips(walk, turn, (stretch){end, length - end, 1});
}
