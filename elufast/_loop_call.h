/* A call of the inner loop, with its operands in place, and what is asked of it. */
#ifndef ELUFAST_LOOP_CALL_H
#define ELUFAST_LOOP_CALL_H

#include <string.h>

#include "_parameters.h"

typedef struct {
    const elufast_loop *loop;
    char *arrays[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    size_t block;
    int streams;
    elufast_value values[ELUFAST_MAX_PARAMETERS]; /* where the source is ELUFAST_OF_THE_CALL */
} elufast_loop_call;

static inline int elufast_count_in(const elufast_function *f) { return f->data + f->parameters; }

static inline int elufast_is_contiguous(const elufast_loop_call *c, int first, int end) {
    for (int i = first; i < end; i++) {
        if (c->steps[i] != (ptrdiff_t)c->loop->item_size) return 0;
    }
    return 1;
}

static inline int elufast_are_scalars(const elufast_loop_call *c) {
    const elufast_function *f = c->loop->function;
    for (int i = f->data; i < elufast_count_in(f); i++) {
        if (c->steps[i] != 0) return 0;
    }
    return 1;
}

static inline int elufast_are_defaults(const elufast_loop *loop, const char *const *parameters) {
    for (int i = 0; i < loop->function->parameters; i++) {
        const char *value = parameters[i];
        if (value != loop->defaults[i] && memcmp(value, loop->defaults[i], loop->item_size) != 0) {
            return 0;
        }
    }
    return 1;
}

static inline const char *const *elufast_parameters_of(const elufast_loop_call *c) {
    return (const char *const *)c->arrays + c->loop->function->data;
}

static inline float elufast_cost_of(const elufast_loop_call *c) {
    return c->loop->cost
        [elufast_are_scalars(c) && elufast_are_defaults(c->loop, elufast_parameters_of(c)) ? 0 : 1];
}

#endif
