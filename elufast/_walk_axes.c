#include "_walk_axes.h"

#include <stdlib.h>

/* ---- order ---- */

/* Whether the second axis has to come before the first: 0 if they stay, -1 if no operand has steps
 * along both. Where operands disagree, C order wins. */
static int are_out_of_order(const elufast_walk *walk, int first, int second) {
    int is_known = 0;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const ptrdiff_t *steps = walk->operands[k].steps;
        if (steps[first] == 0 || steps[second] == 0) continue;
        if (llabs(steps[first]) <= llabs(steps[second])) return 0;
        is_known = 1;
    }
    return is_known ? 1 : -1;
}

static void exchange(elufast_walk *walk, int *order, int a, int b) {
    const size_t length = walk->lengths[a];
    walk->lengths[a] = walk->lengths[b];
    walk->lengths[b] = length;
    const int number = order[a];
    order[a] = order[b];
    order[b] = number;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        ptrdiff_t *steps = walk->operands[k].steps, step = steps[a];
        steps[a] = steps[b];
        steps[b] = step;
    }
}

/* An axis goes before the last one that it has to go before; an axis that it cannot be compared
 * with does not end the search. */
void elufast_sort_axes(elufast_walk *walk, int *order) {
    for (int axis = 0; axis < walk->axes; axis++) {
        order[axis] = axis;
        int place = axis;
        for (int before = axis - 1; before >= 0; before--) {
            const int found = are_out_of_order(walk, before, axis);
            if (found == 0) break;
            if (found == 1) place = before;
        }
        for (int from = axis; from > place; from--) exchange(walk, order, from, from - 1);
    }
}

/* ---- directions ---- */

static void turn_round(elufast_walk *walk, int axis) {
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        elufast_operand *o = &walk->operands[k];
        o->first += o->steps[axis] * (ptrdiff_t)(walk->lengths[axis] - 1);
        o->steps[axis] = -o->steps[axis];
    }
}

/* How many more of the data go on along the axis the other way than along the first one. Where none
 * of them has steps along both, the output would rather go forward. */
static int count_going_back(const elufast_walk *walk, int axis) {
    int count = 0, can_tell = 0;
    for (int k = 0; k < walk->loop->function->data; k++) {
        const ptrdiff_t *steps = walk->operands[k].steps;
        if (steps[0] == 0 || steps[axis] == 0) continue;
        count += (steps[0] < 0) == (steps[axis] < 0) ? -1 : 1;
        can_tell = 1;
    }
    return can_tell ? count : walk->operands[elufast_count_inputs(walk)].steps[axis] < 0;
}

/* Rows of an output that come in reverse cost more than is gained, unless they are so long. */
enum { LONG_ROW_BYTES = 512 };

void elufast_choose_directions(elufast_walk *walk) {
    const elufast_operand *out = &walk->operands[elufast_count_inputs(walk)];
    if (out->steps[0] < 0) turn_round(walk, 0);
    const int has_long_rows = walk->lengths[0] * out->size >= LONG_ROW_BYTES;
    for (int axis = 1; axis < walk->axes; axis++) {
        const int is_back = has_long_rows ? count_going_back(walk, axis) > 0 : out->steps[axis] < 0;
        if (is_back) turn_round(walk, axis);
    }
}

/* ---- fewer ---- */

static int goes_on(const elufast_walk *walk, int axis, int next) {
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        const ptrdiff_t *steps = walk->operands[k].steps;
        if (steps[next] != steps[axis] * (ptrdiff_t)walk->lengths[axis]) return 0;
    }
    return 1;
}

static void move_axis(elufast_walk *walk, int to, int from) {
    walk->lengths[to] = walk->lengths[from];
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        walk->operands[k].steps[to] = walk->operands[k].steps[from];
    }
}

void elufast_merge_axes(elufast_walk *walk) {
    int last = 0;
    for (int axis = 1; axis < walk->axes; axis++) {
        if (walk->lengths[axis] == 1) continue;
        if (walk->lengths[last] == 1) {
            move_axis(walk, last, axis);
        } else if (goes_on(walk, last, axis)) {
            walk->lengths[last] *= walk->lengths[axis];
        } else {
            move_axis(walk, ++last, axis);
        }
    }
    walk->axes = last + 1;
}
