#include "_walk_squares.h"

#include <stdint.h>

#include "_caches.h"
#include "_parallel.h"
#include "_walk_blocks.h"
#include "_walk_past_caches.h"
#include "elufast/config.h"

/* A square is turned before the next is computed, so that lines are fetched and written while there
 * is something to compute; of larger tiles, which are all read and then all written, each line
 * costs up to half as much again. Squares side by side across write to the same pages, and to the
 * two parts of lines that begin elsewhere in each row: one strip of squares after the other takes
 * up to twice as long. benchmarks/layouts.py */
enum {
    LINE = ELUFAST_CACHE_LINE,
    LARGEST_SQUARE = LINE * LINE / 4,
    GROUP = 8,   /* strips of a unit at the most, which one thread computes, */
    SQUARES = 8, /* and squares along each of them; */
    AHEAD = 2    /* so many squares along are data and outputs fetched before their turn */
};

enum { ALONG, ACROSS, OTHERS };

typedef struct {
    elufast_walk walk; /* along the data, along the outputs, then the other axes */
    elufast_plan plan;
    elufast_place places[ELUFAST_MAX_DATA + ELUFAST_MAX_OUT];
    size_t side;   /* of a square, in elements */
    size_t before; /* elements across, before the outputs' first line */
    size_t strips, units_along;
    size_t group, unit; /* strips, and elements along, of each unit but the last */
    int is_past, fetches_outputs;
} squares;

/* ---- which walks ---- */

static void exchange_axes(const elufast_walk *walk, int turn, elufast_walk *to) {
    *to = *walk;
    for (int axis = 0; axis <= turn; axis++) {
        const int from = axis == 0 ? turn : axis - 1;
        to->lengths[axis] = walk->lengths[from];
        for (int k = 0; k < elufast_count_operands(walk); k++) {
            to->operands[k].steps[axis] = walk->operands[k].steps[from];
        }
    }
}

static int are_data_placed(const elufast_plan *p) {
    for (int k = 0; k < p->walk->loop->function->data; k++) {
        if (p->lanes[k].placing == ELUFAST_NOT_PLACED) return 0;
    }
    return 1;
}

static int are_outputs_turned(const elufast_plan *p) {
    for (int k = p->inputs; k < p->operands; k++) {
        const elufast_lane *l = &p->lanes[k];
        const int is_own = l->is_usable && l->convert == NULL;
        if (!is_own || l->operand->steps[ACROSS] != (ptrdiff_t)l->operand->size) return 0;
    }
    return 1;
}

/* At the edges some elements are computed again: not too many. */
static int is_wide(const squares *s) {
    const size_t all = s->walk.lengths[ALONG] * s->walk.lengths[ACROSS];
    const size_t along = (s->walk.lengths[ALONG] + s->side - 1) / s->side;
    return s->strips * along * s->side * s->side <= all + all / 2;
}

static int fits(const squares *s) {
    const elufast_plan *p = &s->plan;
    return s->walk.lengths[ALONG] >= s->side && s->walk.lengths[ACROSS] >= s->side &&
           p->has_defaults && are_data_placed(p) && are_outputs_turned(p);
}

/* ---- how they are cut ---- */

/* Whether the lines of an output begin at the same place in each row. */
static int has_aligned_rows(const squares *s, int k) {
    return s->walk.operands[k].steps[ALONG] % LINE == 0;
}

static size_t before_line(const squares *s) {
    const elufast_operand *out = &s->walk.operands[s->plan.inputs];
    return has_aligned_rows(s, s->plan.inputs) ? -(uintptr_t)out->first % LINE / out->size : 0;
}

static size_t bytes_of_all(const squares *s) {
    size_t bytes = 0;
    for (int k = 0; k < s->plan.operands; k++) {
        if (s->plan.lanes[k].period > 1) bytes += s->walk.n * s->walk.operands[k].size;
    }
    return bytes;
}

/* Of parts of at most `most`, but for the last. */
static size_t equal_part(size_t all, size_t most) {
    const size_t parts = (all + most - 1) / most;
    return (all + parts - 1) / parts;
}

static void cut(squares *s) {
    const size_t along = (s->walk.lengths[ALONG] + s->side - 1) / s->side;
    s->before = before_line(s);
    s->strips = (s->before > 0) + (s->walk.lengths[ACROSS] - s->before + s->side - 1) / s->side;
    s->group = equal_part(s->strips, GROUP);
    s->unit = equal_part(along, SQUARES) * s->side;
    s->units_along = (s->walk.lengths[ALONG] + s->unit - 1) / s->unit;
}

static void choose_ways(squares *s) {
    const int data = s->walk.loop->function->data;
    s->is_past = elufast_pays_if_straight(&s->plan);
    for (int k = s->plan.inputs; k < s->plan.operands; k++) s->is_past &= has_aligned_rows(s, k);
    s->fetches_outputs = !s->is_past && bytes_of_all(s) > elufast_tune.stream_bytes / 2;
    for (int k = 0; k < data + s->walk.loop->function->out; k++) {
        s->places[k].placing = k < data ? s->plan.lanes[k].placing : ELUFAST_AS_THEY_ARE;
        s->places[k].advance = k < data ? s->walk.operands[k].steps[ACROSS] : LINE;
    }
}

/* Where a strip begins. The first and the last are as wide as the others, and share elements with
 * their neighbours, whose results are the same. */
static size_t start_of_strip(const squares *s, size_t strip) {
    if (strip == 0) return 0;
    const size_t start = s->before + (strip - (s->before > 0)) * s->side;
    const size_t last = s->walk.lengths[ACROSS] - s->side;
    return start < last ? start : last;
}

/* ---- a square ---- */

ELUFAST_FN void fetch_ahead(const squares *s, char *const *places) {
    const elufast_operand *operands = s->walk.operands;
    const ptrdiff_t side = (ptrdiff_t)s->side;
    for (int k = 0; k < s->walk.loop->function->data; k++) {
        const ptrdiff_t step = operands[k].steps[ACROSS];
        const char *line = places[k] + AHEAD * side * operands[k].steps[ALONG];
        for (ptrdiff_t i = 0; i < side; i++) ELUFAST_PREFETCH(line + i * step, 0);
    }
    for (int k = s->plan.inputs; k < s->plan.operands && s->fetches_outputs; k++) {
        const ptrdiff_t step = operands[k].steps[ALONG];
        const char *line = places[k] + AHEAD * side * step;
        for (ptrdiff_t i = 0; i < side; i++) ELUFAST_PREFETCH(line + i * step, 1);
    }
}

static void turn(const squares *s, int k, char *place, const char *block) {
    const elufast_moves *moves = s->walk.loop->moves;
    const ptrdiff_t step = s->walk.operands[k].steps[ALONG];
    const int is_past = s->is_past && (uintptr_t)place % LINE == 0;
    (is_past ? moves->turn_past : moves->turn)[s->walk.item](place, step, block, LINE);
}

static void run_square(const squares *s, char *const *places) {
    _Alignas(64) char blocks[ELUFAST_MAX_OUT][LARGEST_SQUARE];
    char *const results[ELUFAST_MAX_OUT] = {blocks[0], blocks[1]};
    fetch_ahead(s, places);
    s->walk.loop->kernels.placed((const char *const *)places, s->places, results,
                                 s->side * s->side);
    for (int k = s->plan.inputs; k < s->plan.operands; k++) {
        turn(s, k, places[k], results[k - s->plan.inputs]);
    }
}

/* ---- units ---- */

/* Where a strip's operands begin; `at` says where the axes are but for the first two. */
static void find_strip(const squares *s, size_t *at, size_t strip, char **first) {
    at[ALONG] = 0;
    at[ACROSS] = start_of_strip(s, strip);
    for (int k = 0; k < s->plan.operands; k++) {
        first[k] = elufast_place_of(&s->walk, &s->walk.operands[k], at);
    }
}

static void run_row(const squares *s, size_t start, size_t strips,
                    char *const (*first)[ELUFAST_MAX_OPERANDS]) {
    char *places[ELUFAST_MAX_OPERANDS];
    for (size_t strip = 0; strip < strips; strip++) {
        for (int k = 0; k < s->plan.operands; k++) {
            places[k] = first[strip][k] + (ptrdiff_t)start * s->walk.operands[k].steps[ALONG];
        }
        run_square(s, places);
    }
}

static void run_unit(const squares *s, size_t unit) {
    const size_t length = s->walk.lengths[ALONG], begin = unit % s->units_along * s->unit;
    const size_t end = begin + s->unit < length ? begin + s->unit : length;
    size_t at[ELUFAST_MAX_AXES], rest = unit / s->units_along;
    for (int axis = OTHERS; axis < s->walk.axes; axis++) {
        at[axis] = rest % s->walk.lengths[axis];
        rest /= s->walk.lengths[axis];
    }
    const size_t from = rest * s->group, left = s->strips - from;
    const size_t strips = left < s->group ? left : s->group;
    char *first[GROUP][ELUFAST_MAX_OPERANDS];
    for (size_t i = 0; i < strips; i++) find_strip(s, at, from + i, first[i]);
    for (size_t i = begin; i < end; i += s->side) {
        run_row(s, i + s->side < length ? i : length - s->side, strips,
                (char *const(*)[ELUFAST_MAX_OPERANDS])first);
    }
}

static void run_part(void *context, size_t start, size_t count) {
    const squares *s = context;
    const size_t elements = s->unit * s->group * s->side;
    for (size_t i = start / elements; i < (start + count) / elements; i++) run_unit(s, i);
    if (s->is_past) elufast_end_stream();
}

int elufast_run_squares(const elufast_walk *walk, int turn) {
    squares s;
    if (walk->loop->kernels.placed == NULL) return 0;
    exchange_axes(walk, turn, &s.walk);
    s.plan = elufast_make_plan(&s.walk, 1);
    s.side = LINE / walk->loop->item_size;
    if (!fits(&s)) return 0;
    cut(&s);
    if (!is_wide(&s)) return 0;
    choose_ways(&s);
    const size_t others = walk->n / walk->lengths[0] / walk->lengths[turn];
    const size_t units = (s.strips + s.group - 1) / s.group * others * s.units_along;
    const size_t elements = s.unit * s.group * s.side;
    elufast_run_parallel(run_part, &s, units * elements, elufast_least_elements(&s.plan), elements);
    return 1;
}
