#include "_walk_squares.h"

#include "_caches.h"
#include "_parallel.h"
#include "_thread_count.h"
#include "_walk_blocks.h"
#include "_walk_past_caches.h"
#include "elufast/config.h"

/* A square is computed and turned before the next, so that lines are fetched and written while
 * there is something to compute; of larger tiles, which are all read and then all written, each
 * line costs up to half as much again. Squares side by side across write to the same pages, and to
 * the two parts of lines that begin elsewhere in each row: one strip of squares after the other
 * takes up to twice as long. benchmarks/layouts.py */
enum {
    LINE = ELUFAST_CACHE_LINE,
    /* So many strips a unit has at the most, which one thread computes, and squares along each. The
     * processor fetches the lines of long rows by itself: 64 strips take 0.93 to 0.98 of the time
     * of 16; of what does not stay in the caches, 0.95 to 1.08. */
    GROUP = 64,
    GROUP_FAR = 16,
    SQUARES = 8,
    /* So many squares along are data and outputs fetched before their turn, where they are far.
     * With one more past the caches elu_backward takes 0.95 to 1.0 of the time, in them 1.0
     * to 1.03. */
    AHEAD = 2,
    AHEAD_PAST_CACHES = 3
};

enum { ALONG, ACROSS, OTHERS };

typedef struct {
    elufast_walk walk; /* along the data, along the outputs, then the other axes */
    elufast_plan plan;
    elufast_turning turning;
    size_t side;                             /* of a square, in elements */
    size_t before;                           /* elements across, before the outputs' first line */
    size_t strips, group, groups;            /* all strips; those of a group; groups */
    size_t slab, slabs, unit, units_of_slab; /* elements along of a slab, and of a unit of it */
} squares;

/* ---- which walks ---- */

/* Outputs lie in rows across. */
static int axis_across(const elufast_walk *walk, int turn) {
    const int data = walk->loop->function->data, all = elufast_count_operands(walk);
    for (int k = data + walk->loop->function->parameters; k < all; k++) {
        const elufast_operand *out = &walk->operands[k];
        if (out->steps[0] != (ptrdiff_t)out->size) return turn;
    }
    return 0;
}

static void order_axes(const elufast_walk *walk, int along, int across, elufast_walk *to) {
    *to = *walk;
    for (int axis = 0, other = 0; axis < walk->axes; axis++) {
        while (axis >= OTHERS && (other == along || other == across)) other++;
        const int from = axis == ALONG ? along : axis == ACROSS ? across : other++;
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
    return has_aligned_rows(s, s->plan.inputs) ? elufast_bytes_to_line(out->first) / out->size : 0;
}

static size_t parts(size_t all, size_t part) { return (all + part - 1) / part; }

/* Of parts of at most `most`, but for the last. */
static size_t equal_part(size_t all, size_t most) { return parts(all, parts(all, most)); }

static size_t threads_at_most(const squares *s) {
    const size_t limit = (size_t)elufast_threads_of_loop();
    const size_t wanted = s->walk.n / elufast_least_elements(&s->plan);
    return wanted > limit ? limit : wanted > 1 ? wanted : 1;
}

/* Where data are in the caches, it takes 0.88 to 0.98 of the time not to fetch them before their
 * turn; of more than they hold, up to three times as long. */
static int is_far(const squares *s) {
    return elufast_bytes_of_all(&s->plan) > elufast_tune.stream_bytes / 8 * 3;
}

/* Each thread has a slab, so that what it writes lies together: threads that write to the same rows
 * take each other's lines, and those beside them, and two took up to 3.5 times as long as one. */
static void cut(squares *s) {
    const size_t along = parts(s->walk.lengths[ALONG], s->side);
    const size_t of_slab = parts(along, threads_at_most(s));
    const int has_few = s->walk.lengths[ACROSS] < ELUFAST_FEW_STRIPS * s->side;
    s->before = has_few ? 0 : before_line(s);
    s->strips = (s->before > 0) + parts(s->walk.lengths[ACROSS] - s->before, s->side);
    s->group = equal_part(s->strips, is_far(s) ? GROUP_FAR : GROUP);
    s->groups = parts(s->strips, s->group);
    s->slab = of_slab * s->side;
    s->slabs = parts(s->walk.lengths[ALONG], s->slab);
    s->unit = equal_part(of_slab, SQUARES) * s->side;
    s->units_of_slab = parts(s->slab, s->unit);
}

static void choose_ways(squares *s) {
    elufast_turning *t = &s->turning;
    t->is_past = elufast_pays_if_straight(&s->plan);
    for (int k = s->plan.inputs; k < s->plan.operands; k++) t->is_past &= has_aligned_rows(s, k);
    const ptrdiff_t ahead = (t->is_past ? AHEAD_PAST_CACHES : AHEAD) * (ptrdiff_t)s->side;
    t->fetches_data = is_far(s);
    t->fetches_outputs = !t->is_past && elufast_is_far(elufast_bytes_of_all(&s->plan));
    for (int k = 0; k < s->walk.loop->function->data; k++) {
        t->data[k].placing = s->plan.lanes[k].placing;
        t->data[k].advance = s->walk.operands[k].steps[ACROSS];
        t->data_ahead[k] = ahead * s->walk.operands[k].steps[ALONG];
    }
    for (int k = 0; k < s->walk.loop->function->out; k++) {
        t->out_step[k] = s->walk.operands[s->plan.inputs + k].steps[ALONG];
        t->out_ahead[k] = ahead * t->out_step[k];
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

/* ---- units ---- */

/* Its first square; `at` says where the axes are but for the first two. */
static elufast_square find_strip(const squares *s, size_t *at, size_t strip) {
    elufast_square square;
    at[ALONG] = 0;
    at[ACROSS] = start_of_strip(s, strip);
    for (int k = 0; k < s->walk.loop->function->data; k++) {
        square.data[k] = elufast_place_of(&s->walk, &s->walk.operands[k], at);
    }
    for (int k = s->plan.inputs; k < s->plan.operands; k++) {
        square.out[k - s->plan.inputs] = elufast_place_of(&s->walk, &s->walk.operands[k], at);
    }
    return square;
}

/* By so many elements along. */
static void go_on(const squares *s, elufast_square *row, size_t strips, size_t elements) {
    const elufast_operand *data = s->walk.operands, *out = data + s->plan.inputs;
    for (int k = 0; k < s->walk.loop->function->data; k++) {
        const ptrdiff_t bytes = (ptrdiff_t)elements * data[k].steps[ALONG];
        for (size_t strip = 0; strip < strips; strip++) row[strip].data[k] += bytes;
    }
    for (int k = 0; k < s->walk.loop->function->out; k++) {
        const ptrdiff_t bytes = (ptrdiff_t)elements * out[k].steps[ALONG];
        for (size_t strip = 0; strip < strips; strip++) row[strip].out[k] += bytes;
    }
}

/* The strips `from` up to `to`, from the elements along at `begin` up to those at `end`. The last
 * square along shares elements with the one before. */
static void run_block(const squares *s, size_t *at, size_t from, size_t to, size_t begin,
                      size_t end) {
    const size_t strips = to - from, last = s->walk.lengths[ALONG] - s->side;
    elufast_square row[GROUP];
    for (size_t i = 0; i < strips; i++) row[i] = find_strip(s, at, from + i);
    for (size_t i = begin, here = 0; i < end; i += s->side) {
        const size_t start = i < last ? i : last;
        go_on(s, row, strips, start - here);
        s->walk.loop->kernels.turned(row, strips, &s->turning);
        here = start;
    }
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Numbered along, then across, then by slabs, then by the other axes. */
static void run_unit(const squares *s, size_t unit) {
    size_t rest = unit, at[ELUFAST_MAX_AXES];
    const size_t in_slab = rest % s->units_of_slab;
    rest /= s->units_of_slab;
    const size_t from = rest % s->groups * s->group;
    rest /= s->groups;
    const size_t slab = rest % s->slabs * s->slab, begin = slab + in_slab * s->unit;
    rest /= s->slabs;
    for (int axis = OTHERS; axis < s->walk.axes; axis++) {
        at[axis] = rest % s->walk.lengths[axis];
        rest /= s->walk.lengths[axis];
    }
    const size_t end = least(least(begin + s->unit, slab + s->slab), s->walk.lengths[ALONG]);
    run_block(s, at, from, least(from + s->group, s->strips), begin, end);
}

static void run_part(void *context, size_t start, size_t count) {
    const squares *s = context;
    const size_t elements = s->unit * s->group * s->side;
    for (size_t i = start / elements; i < (start + count) / elements; i++) run_unit(s, i);
    if (s->turning.is_past) elufast_end_stream();
}

int elufast_run_squares(const elufast_walk *walk, int turn) {
    squares s;
    if (walk->loop->kernels.turned == NULL) return 0;
    const int across = axis_across(walk, turn), along = turn - across;
    order_axes(walk, along, across, &s.walk);
    elufast_make_plan(&s.plan, &s.walk, 1);
    s.side = LINE / walk->loop->item_size;
    if (!fits(&s)) return 0;
    cut(&s);
    if (!is_wide(&s)) return 0;
    choose_ways(&s);
    const size_t others = walk->n / walk->lengths[0] / walk->lengths[turn];
    const size_t units = s.units_of_slab * s.groups * s.slabs * others;
    const size_t elements = s.unit * s.group * s.side;
    const elufast_range range = {units * elements, elufast_least_elements(&s.plan), elements, 0};
    elufast_run_parallel(run_part, &s, &range);
    return 1;
}
