#include "_walk_plan.h"

/* From so many elements on, rows are given to the kernels one by one; shorter ones are packed. */
enum { LONG_ROW = 512 };

static int is_input(const elufast_walk *walk, int k) {
    return k < walk->loop->function->data + walk->loop->function->parameters;
}

static elufast_converter *converter(const elufast_walk *walk, int k) {
    const elufast_operand *operand = &walk->operands[k];
    const elufast_moves *moves = walk->loop->moves;
    return is_input(walk, k) ? moves->convert[operand->item][walk->item]
                             : moves->convert[walk->item][operand->item];
}

int elufast_count_operands(const elufast_walk *walk) {
    const elufast_function *f = walk->loop->function;
    return f->data + f->parameters + f->out;
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

static int is_straight(const elufast_walk *walk, const elufast_operand *operand) {
    ptrdiff_t step = (ptrdiff_t)operand->size;
    for (int axis = 0; axis < walk->axes; axis++) {
        if (operand->steps[axis] != step) return 0;
        step *= (ptrdiff_t)walk->lengths[axis];
    }
    return 1;
}

int elufast_is_row_straight(const elufast_plan *p, int k) {
    const elufast_lane *l = &p->lanes[k];
    return l->is_usable &&
           (l->is_straight || (p->by_rows && l->operand->steps[0] == (ptrdiff_t)l->operand->size));
}

static void plan_lanes(elufast_plan *p) {
    const elufast_walk *walk = p->walk;
    for (int k = 0; k < p->operands; k++) {
        const elufast_operand *operand = &walk->operands[k];
        elufast_lane *l = &p->lanes[k];
        l->operand = operand;
        l->convert = operand->item == walk->item ? NULL : converter(walk, k);
        const int is_taken =
            operand->is_aligned || (ELUFAST_TAKES_MISALIGNED && l->convert == NULL);
        l->is_usable = is_taken && !operand->is_swapped;
        l->is_straight = l->is_usable && is_straight(walk, operand);
        l->period = period_of(walk, operand);
    }
}

static int parameters_are_scalars(const elufast_plan *p) {
    for (int k = p->walk->loop->function->data; k < p->inputs; k++) {
        const elufast_lane *l = &p->lanes[k];
        if (l->period != 1 && !(p->by_rows && l->operand->steps[0] == 0)) return 0;
    }
    return 1;
}

static size_t largest_item(const elufast_walk *walk) {
    size_t largest = walk->loop->item_size;
    for (int k = 0; k < elufast_count_operands(walk); k++) {
        if (walk->operands[k].size > largest) largest = walk->operands[k].size;
    }
    return largest;
}

/* Blocks hold whole periods, or whole rows where nothing repeats. */
static void plan_blocks(elufast_plan *p) {
    const size_t most = ELUFAST_BLOCK_BYTES / largest_item(p->walk), row = p->walk->lengths[0];
    size_t unit = p->by_rows || row > most ? 1 : row;
    int all_in_place = 1;
    for (int k = 0; k < p->operands; k++) {
        elufast_lane *l = &p->lanes[k];
        const int is_parameter = k >= p->walk->loop->function->data && k < p->inputs;
        const int in_place = elufast_is_row_straight(p, k) && l->convert == NULL;
        const int is_scalar = is_parameter && p->are_scalars;
        l->is_prepared = k < p->inputs && l->period <= most && !in_place;
        if (l->is_prepared && l->period > unit && !p->by_rows) unit = l->period;
        all_in_place = all_in_place && (in_place || is_scalar);
    }
    p->block = most / unit * unit;
    p->longest = p->by_rows && all_in_place ? p->walk->n : p->block;
}

elufast_plan elufast_make_plan(const elufast_walk *walk) {
    const elufast_function *f = walk->loop->function;
    elufast_plan p = {.walk = walk};
    p.inputs = f->data + f->parameters;
    p.operands = elufast_count_operands(walk);
    p.by_rows = walk->lengths[0] >= LONG_ROW;
    plan_lanes(&p);
    p.are_scalars = parameters_are_scalars(&p);
    plan_blocks(&p);
    return p;
}
