#include "_walk_placing.h"

#include "_walk_integers.h"

/* Elements that repeat are better put in order once. */
static elufast_placing placing_of_data(const elufast_walk *walk, const elufast_lane *l) {
    const elufast_operand *operand = l->operand;
    const ptrdiff_t size = (ptrdiff_t)operand->size;
    const int is_own = operand->item == walk->item;
    if (l->period < walk->n) return ELUFAST_NOT_PLACED;
    if (is_own && !operand->is_swapped) {
        if (operand->steps[0] == 2 * size) return ELUFAST_EVERY_SECOND;
        if (operand->steps[0] == -size) return ELUFAST_REVERSED;
        if (operand->steps[0] == 0) return ELUFAST_REPEATED;
    }
    if (operand->steps[0] != size) return ELUFAST_NOT_PLACED;
    if (is_own) return operand->is_swapped ? ELUFAST_SWAPPED : ELUFAST_AS_THEY_ARE;
    if (walk->item != ELUFAST_F64 || operand->is_swapped) return ELUFAST_NOT_PLACED;
    if (operand->item == ELUFAST_F32) return ELUFAST_OTHER_FLOAT;
    if (operand->item == ELUFAST_I32) return ELUFAST_FROM_I32;
    return operand->item == ELUFAST_I64 ? ELUFAST_FROM_I64 : ELUFAST_NOT_PLACED;
}

static elufast_placing placing_of_output(const elufast_walk *walk, const elufast_lane *l) {
    const elufast_operand *operand = l->operand;
    const elufast_item other = walk->item == ELUFAST_F32 ? ELUFAST_F64 : ELUFAST_F32;
    if (operand->is_swapped || operand->steps[0] != (ptrdiff_t)operand->size) {
        return ELUFAST_NOT_PLACED;
    }
    if (operand->item == walk->item) return ELUFAST_AS_THEY_ARE;
    return operand->item == other ? ELUFAST_OTHER_FLOAT : ELUFAST_NOT_PLACED;
}

elufast_placing elufast_placing_of(const elufast_plan *p, int k) {
    const elufast_walk *walk = p->walk;
    const elufast_function *f = walk->loop->function;
    const int is_data = k < f->data, is_output = k >= f->data + f->parameters;
    if (walk->loop->kernels.placed == NULL || elufast_may_look_up(walk)) return ELUFAST_NOT_PLACED;
    if (!is_data && !is_output) return ELUFAST_NOT_PLACED;
    return (is_data ? placing_of_data : placing_of_output)(walk, &p->lanes[k]);
}

/* An output that goes past the caches as numbers of the loop's type, or by way of a block: others
 * see to that. */
static int is_streamed(const elufast_plan *p, int k) {
    if (k < p->inputs || !p->streams) return 0;
    return !p->goes_straight || p->lanes[k].placing == ELUFAST_AS_THEY_ARE;
}

void elufast_plan_placing(elufast_plan *p) {
    enum { REGISTER = 64 };
    const elufast_walk *walk = p->walk;
    const ptrdiff_t lanes = REGISTER / (ptrdiff_t)walk->loop->item_size;
    elufast_place *place = p->places;
    for (int k = 0; k < p->operands; k++) {
        elufast_lane *l = &p->lanes[k];
        if (k >= walk->loop->function->data && k < p->inputs) continue;
        const int is_one_run = elufast_is_one_run(walk, l->operand);
        const int is_placed = p->has_defaults && l->placing != ELUFAST_NOT_PLACED &&
                              (is_one_run || elufast_has_long_rows(p)) && !is_streamed(p, k);
        place->placing = ELUFAST_AS_THEY_ARE;
        place->advance = REGISTER;
        if (is_placed && !l->is_in_place) {
            place->placing = l->placing;
            place->advance = l->operand->steps[0] * lanes;
            p->is_placed = 1;
            l->is_straight = is_one_run;
            l->is_in_place = 1;
            l->is_by_row = !is_one_run;
            p->by_rows |= l->is_by_row;
        }
        place++;
    }
}
