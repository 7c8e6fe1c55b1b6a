/* How _kernels.inc walks arrays of the computing type: one element after the other. */
#ifndef ELUFAST_PLAIN_LOOPS_H
#define ELUFAST_PLAIN_LOOPS_H

#include <stddef.h>
#include <stdint.h>

#include "_kernels.h"
#include "elufast/config.h"

/* Several registers at once (_kernels.h) are worth it with AVX2, which has few of them, where a
 * formula is long: with the default parameters maps of doubles take 0.82 to 0.96 of the time, SELU
 * of floats and its derivatives 0.83 to 0.96, and the other maps of floats 0.95 to 1.05. (Two or
 * three registers take up to 1.1 times as long as one.) And where it is so short that the loop
 * itself counts: backward passes from the output take 0.76 to 1.0, and 0.85 to 1.0 of that where
 * registers can be aligned. Other backward passes gain nothing. */
#if defined(__AVX2__) && !defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
#define ELUFAST_GAINS_BY_SEVERAL_selu 0, 1
#define ELUFAST_GAINS_BY_SEVERAL_selu_grad 0, 1
#define ELUFAST_GAINS_BY_SEVERAL_selu_grad2 0, 1
#define ELUFAST_GAINS_BY_SEVERAL_elu_backward_from_output 0, 1
#define ELUFAST_GAINS_BY_SEVERAL_selu_backward_from_output 0, 1
#define ELUFAST_DOUBLES_GAIN_BY_SEVERAL 1
#else
#define ELUFAST_DOUBLES_GAIN_BY_SEVERAL 0
#endif
#define ELUFAST_GAINS_BY_SEVERAL(name) ELUFAST_SECOND_OF(ELUFAST_GAINS_BY_SEVERAL_##name)
#define ELUFAST_EACH_OF_SEVERAL(...)                                                       \
    enum { bytes = 32, lanes = bytes / sizeof(ELUFAST_REAL), count = 4 };                  \
    for (; n - start >= count * lanes; start += count * lanes) {                           \
        ELUFAST_INDEPENDENT for (size_t i = start; i < start + lanes; i++) { __VA_ARGS__ } \
    }
#define ELUFAST_SEVERAL_MAP(formula, ...)                                              \
    ELUFAST_EACH_OF_SEVERAL(ELUFAST_REAL v[count];                                     \
                            ELUFAST_EACH v[k] = formula(x[i + k * lanes] __VA_ARGS__); \
                            ELUFAST_EACH y[i + k * lanes] = v[k];)
#define ELUFAST_SEVERAL_MAP_PAIR(formula, ...)                                            \
    ELUFAST_EACH_OF_SEVERAL(ELUFAST_F(elufast_pair) both[count];                          \
                            ELUFAST_EACH both[k] = formula(x[i + k * lanes] __VA_ARGS__); \
                            ELUFAST_EACH {                                                \
                                y[i + k * lanes] = both[k].y;                             \
                                dydx[i + k * lanes] = both[k].dydx;                       \
                            })
#define ELUFAST_SEVERAL_BACKWARD(...)
/* Whether all three can be aligned to so many bytes by the same number of items. */
ELUFAST_FN int elufast_are_alike(const void *a, const void *b, const void *c, size_t item,
                                 size_t bytes) {
    const uintptr_t first = (uintptr_t)a,
                    different = (first ^ (uintptr_t)b) | (first ^ (uintptr_t)c);
    return first % item == 0 && different % bytes == 0;
}
/* One after the other in order, for which gcc has a pragma. The first elements, one by one, take as
 * long as they save where there are fewer registers. */
#define ELUFAST_SEVERAL_BACKWARD_FROM_OUTPUT(formula, ...)                             \
    enum { bytes = 32, lanes = bytes / sizeof(ELUFAST_REAL), WORTH_ALIGNING = 128 };   \
    const int are_alike = n >= WORTH_ALIGNING * lanes &&                               \
                          elufast_are_alike(dx, x, grad, sizeof(ELUFAST_REAL), bytes); \
    for (; are_alike && (uintptr_t)&dx[start] % bytes != 0; start++) {                 \
        dx[start] = formula(grad[start], x[start] __VA_ARGS__);                        \
    }                                                                                  \
    _Pragma("GCC unroll 4") ELUFAST_INDEPENDENT for (; start < n; start++) {           \
        dx[start] = formula(grad[start], x[start] __VA_ARGS__);                        \
    }

/* Unless who includes _kernels.inc says otherwise, for a shape of those above. */
#define ELUFAST_SEVERAL(shape, formula, ...)

#define ELUFAST_BEGIN(kernel, family, shape, variant) typedef ELUFAST_REAL item ELUFAST_ANYWHERE;
#define ELUFAST_LOAD_SCALAR(name, value) const ELUFAST_REAL name = *(const item *)*parameters++;
#define ELUFAST_LOAD_ARRAY(name, value) const item *name = (const item *)*parameters++;
#define ELUFAST_WIDEN(name, value)
#define ELUFAST_PASS_SCALAR(name, value) , name
#define ELUFAST_PASS_ARRAY(name, value) , name[i]
#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)

#define ELUFAST_LOOP_MAP(formula, widen, ...)  \
    const item *x = (const item *)data[0];     \
    item *y = (item *)out[0];                  \
    size_t start = 0;                          \
    ELUFAST_SEVERAL(MAP, formula, __VA_ARGS__) \
    ELUFAST_INDEPENDENT for (size_t i = start; i < n; i++) y[i] = formula(x[i] __VA_ARGS__);

#define ELUFAST_LOOP_MAP_PAIR(formula, widen, ...)                \
    const item *x = (const item *)data[0];                        \
    item *y = (item *)out[0];                                     \
    item *dydx = (item *)out[1];                                  \
    size_t start = 0;                                             \
    ELUFAST_SEVERAL(MAP_PAIR, formula, __VA_ARGS__)               \
    ELUFAST_INDEPENDENT for (size_t i = start; i < n; i++) {      \
        ELUFAST_F(elufast_pair) both = formula(x[i] __VA_ARGS__); \
        y[i] = both.y;                                            \
        dydx[i] = both.dydx;                                      \
    }

#define ELUFAST_LOOP_GRAD(formula, ...)                            \
    ELUFAST_INDEPENDENT for (size_t i = start; i < n; i++) dx[i] = \
        formula(grad[i], x[i] __VA_ARGS__);
#define ELUFAST_BEGIN_GRAD                    \
    const item *grad = (const item *)data[0]; \
    const item *x = (const item *)data[1];    \
    item *dx = (item *)out[0];                \
    size_t start = 0;

#define ELUFAST_LOOP_BACKWARD(formula, widen, ...) \
    ELUFAST_BEGIN_GRAD                             \
    ELUFAST_LOOP_GRAD(formula, __VA_ARGS__)

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT(formula, widen, ...)  \
    ELUFAST_BEGIN_GRAD                                          \
    ELUFAST_SEVERAL(BACKWARD_FROM_OUTPUT, formula, __VA_ARGS__) \
    ELUFAST_LOOP_GRAD(formula, __VA_ARGS__)

#endif
