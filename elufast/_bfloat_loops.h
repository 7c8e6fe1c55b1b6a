/* How _kernels.inc walks arrays of bfloat16: two elements at a time, as one word of 32 bits, of
 * which each half becomes a float without leaving its place. So nothing is packed or unpacked,
 * which would take as long as half of a formula. */
#ifndef ELUFAST_BFLOAT_LOOPS_H
#define ELUFAST_BFLOAT_LOOPS_H

#include "_kernels.h"
#include "elufast/bfloat.h"

typedef elufast_bf16 bfloat_item ELUFAST_ANYWHERE;

static inline elufast_u32 bfloat_pair(const char *array, size_t i) {
    elufast_u32 pair;
    memcpy(&pair, array + i * sizeof pair, sizeof pair);
    return pair;
}

static inline void bfloat_store(const float *y, char *array, size_t i) {
    elufast_u32 pair =
        elufast_rounded_bf16(y[0]) >> 16 | (elufast_rounded_bf16(y[1]) & 0xFFFF0000u);
    memcpy(array + i * sizeof pair, &pair, sizeof pair);
}

static inline elufast_u32 bfloat_excess(elufast_u32 excess, float y) {
    elufast_u32 one = elufast_excess_bf16(y);
    return one > excess ? one : excess;
}

/* Where rounding cannot overflow, so that nobody has to look, which takes a seventh of the time:
 * with their default parameters ELU and CELU give nothing larger than an input or 1. But what is
 * given for an output may be none. */
#define BFLOAT_SHRINKS_ELU 1
#define BFLOAT_SHRINKS_SELU 0
#define BFLOAT_SHRINKS_CELU 1
#define BFLOAT_SHRINKS_MAP 1
#define BFLOAT_SHRINKS_MAP_PAIR 1
#define BFLOAT_SHRINKS_BACKWARD 1
#define BFLOAT_SHRINKS_BACKWARD_FROM_OUTPUT 0

#define BFLOAT_WATCH(y) \
    if (is_watched) excess = bfloat_excess(excess, y)

/* Rounding is done in the integers, which raise no flag. (feraiseexcept may raise it in another
 * unit of the processor than the one that computes.) */
static void bfloat_report(elufast_u32 excess) {
    volatile float product = 0x1p127f;
    if (excess >= ELUFAST_BF16_OVERFLOW) product = product * 0x1p127f;
}

typedef struct {
    int data, parameters, out;
} bfloat_operands;

/* The last element of an odd number, twice. */
static void bfloat_rest(elufast_kernel *kernel, bfloat_operands operands, const char *const *data,
                        const char *const *parameters, char *const *out, size_t last) {
    elufast_bf16 pairs[ELUFAST_MAX_OPERANDS][2];
    char *at[ELUFAST_MAX_OPERANDS];
    const int in = operands.data + operands.parameters;
    for (int k = 0; k < in; k++) {
        const char *from = k < operands.data ? data[k] : parameters[k - operands.data];
        pairs[k][0] = pairs[k][1] = ((const bfloat_item *)from)[last];
    }
    for (int k = 0; k < in + operands.out; k++) at[k] = (char *)pairs[k];
    const char *const *given =
        operands.parameters ? (const char *const *)at + operands.data : parameters;
    kernel((const char *const *)at, given, at + in, 2);
    for (int k = 0; k < operands.out; k++) ((bfloat_item *)out[k])[last] = pairs[in + k][0];
}

/* A default as it is when rounded to 8 bits (Veltkamp): a bfloat16 loop's parameters are bfloat16
 * numbers. The compiler folds it. */
#define ELUFAST_SPLITTER 35184372088833.0 /* 2^45 + 1 */
#define ELUFAST_AS_BFLOAT(value) \
    ((float)((value) * ELUFAST_SPLITTER - ((value) * ELUFAST_SPLITTER - (value))))

#define BFLOAT_LOAD(name, array)                           \
    const elufast_u32 name##_pair = bfloat_pair(array, i); \
    const float name[2] = {elufast_lower_bf16(name##_pair), elufast_upper_bf16(name##_pair)};

/* Not a loop: with a constant j the small arrays become registers in time for the vectoriser. */
#define BFLOAT_EACH(statements) \
    {                           \
        enum { j = 0 };         \
        statements              \
    }                           \
    {                           \
        enum { j = 1 };         \
        statements              \
    }

#define ELUFAST_BEGIN(kernel, family, shape, variant)                                              \
    const size_t pairs = n / 2;                                                                    \
    enum {                                                                                         \
        is_watched = !((variant) == ELUFAST_VARIANT_defaults && BFLOAT_SHRINKS_##family &&         \
                       BFLOAT_SHRINKS_##shape)                                                     \
    };                                                                                             \
    elufast_u32 excess = 0;                                                                        \
    if (n % 2 != 0) {                                                                              \
        const bfloat_operands operands = {                                                         \
            ELUFAST_DATA_##shape,                                                                  \
            ((variant) == ELUFAST_VARIANT_array) * (0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT)), \
            ELUFAST_OUT_##shape};                                                                  \
        bfloat_rest(kernel, operands, data, parameters, out, n - 1);                               \
    }
#define ELUFAST_LOAD_SCALAR(name, value) \
    const float name = elufast_f32_from_bf16(*(const bfloat_item *)*parameters++);
#define ELUFAST_LOAD_ARRAY(name, value) const char *name##_array = *parameters++;
#define ELUFAST_WIDEN(name, value) BFLOAT_LOAD(name, name##_array)
#define ELUFAST_PASS_SCALAR(name, value) , name
#define ELUFAST_PASS_ARRAY(name, value) , name[j]
#define ELUFAST_PASS_LITERAL(name, value) , ELUFAST_AS_BFLOAT(value)

#define ELUFAST_LOOP_MAP(formula, widen, ...)                                    \
    const char *x_array = data[0];                                               \
    char *y_array = out[0];                                                      \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < pairs; i++) {                     \
        float y[2];                                                              \
        BFLOAT_LOAD(x, x_array)                                                  \
        widen BFLOAT_EACH(y[j] = formula(x[j] __VA_ARGS__); BFLOAT_WATCH(y[j]);) \
            bfloat_store(y, y_array, i);                                         \
    }                                                                            \
    bfloat_report(excess);

#define ELUFAST_LOOP_MAP_PAIR(formula, widen, ...)                                          \
    const char *x_array = data[0];                                                          \
    char *y_array = out[0], *dydx_array = out[1];                                           \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < pairs; i++) {                                \
        float y[2], dydx[2];                                                                \
        BFLOAT_LOAD(x, x_array)                                                             \
        widen BFLOAT_EACH(elufast_pair_f32 both = formula(x[j] __VA_ARGS__); y[j] = both.y; \
                          dydx[j] = both.dydx; BFLOAT_WATCH(y[j]); BFLOAT_WATCH(dydx[j]);)  \
            bfloat_store(y, y_array, i);                                                    \
        bfloat_store(dydx, dydx_array, i);                                                  \
    }                                                                                       \
    bfloat_report(excess);

#define ELUFAST_LOOP_BACKWARD(formula, widen, ...)                                          \
    const char *grad_array = data[0], *x_array = data[1];                                   \
    char *dx_array = out[0];                                                                \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < pairs; i++) {                                \
        float dx[2];                                                                        \
        BFLOAT_LOAD(grad, grad_array)                                                       \
        BFLOAT_LOAD(x, x_array)                                                             \
        widen BFLOAT_EACH(dx[j] = formula(grad[j], x[j] __VA_ARGS__); BFLOAT_WATCH(dx[j]);) \
            bfloat_store(dx, dx_array, i);                                                  \
    }                                                                                       \
    bfloat_report(excess);

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#endif
