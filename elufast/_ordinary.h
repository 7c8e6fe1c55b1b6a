/* Parameters that are ordinary: from 2^-8 to 2^8. The loops that _ordinary_*loops.c have for them,
 * and the choice between those and the general ones. Results are the same, to the bit. */
#ifndef ELUFAST_ORDINARY_H
#define ELUFAST_ORDINARY_H

#include <stdint.h>

#include "_kernels.h"
#include "elufast/config.h"

/* Whether a row has no such loops: 1 where the formula is the same for all parameters, and for all
 * rows on the x86-64 baseline, whose speed is not worth the space; else 0. */
#if ELUFAST_HAVE_FMA
#define ELUFAST_ONE_WAY_elu 0, 1
#define ELUFAST_ONE_WAY_elu_backward_from_output 0, 1
#define ELUFAST_ONE_WAY_selu_backward_from_output 0, 1
#define ELUFAST_HAS_ONE_WAY(name) ELUFAST_SECOND_OF(ELUFAST_ONE_WAY_##name)
#else
#define ELUFAST_HAS_ONE_WAY(name) 1
#endif

#define ELUFAST_ORDINARY_KERNEL(name) ELUFAST_JOIN(ELUFAST_TABLE, _ordinary_##name)

#define ELUFAST_DECLARE_ORDINARY(name, type)                             \
    extern elufast_kernel ELUFAST_ORDINARY_KERNEL(name##_scalar_##type), \
        ELUFAST_ORDINARY_KERNEL(name##_array_##type);
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_DECLARE_ORDINARY(name, f16)       \
    ELUFAST_DECLARE_ORDINARY(name, bf16)      \
    ELUFAST_DECLARE_ORDINARY(name, f32)       \
    ELUFAST_DECLARE_ORDINARY(name, f64)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* The bits of positive numbers grow with them; by a maximum, which is two operations. */
#define ELUFAST_ARE_ORDINARY(name, uint, low, high)           \
    static inline int name(const char *bytes, size_t n) {     \
        typedef uint item ELUFAST_ANYWHERE;                   \
        const item *bits = (const item *)(const void *)bytes; \
        uint most = 0;                                        \
        for (size_t i = 0; i < n; i++) {                      \
            const uint above = (uint)(bits[i] - (low));       \
            most = most > above ? most : above;               \
        }                                                     \
        return most <= (uint)((high) - (low));                \
    }

enum { ELUFAST_SIZE_f16 = 2, ELUFAST_SIZE_bf16 = 2, ELUFAST_SIZE_f32 = 4, ELUFAST_SIZE_f64 = 8 };

typedef struct {
    elufast_kernel *general, *ordinary;
    elufast_ordinary_test *are_ordinary;
    int data, parameters, out;
    size_t item;
} elufast_choice;

/* An array of parameters is looked at in parts of so many: one that is out of the ordinary slows
 * down its neighbours alone, and the fewer these are, the better (one in 1,000: 0.45 to 1.0 of the
 * time of parts of 1,024). So few do not yet cost anything else: 0.97 to 1.0. */
enum { ELUFAST_PART = 256 };

/* For `numbers` of each parameter. */
static inline void elufast_choose(const elufast_choice *c, const char *const *data,
                                  const char *const *parameters, char *const *out, size_t n,
                                  size_t numbers) {
    int is_ordinary = 1;
    for (int i = 0; i < c->parameters; i++) is_ordinary &= c->are_ordinary(parameters[i], numbers);
    (is_ordinary ? c->ordinary : c->general)(data, parameters, out, n);
}

static inline void elufast_choose_by_parts(const elufast_choice *c, const char *const *data,
                                           const char *const *parameters, char *const *out,
                                           size_t n) {
    const char *data_at[ELUFAST_MAX_DATA], *parameters_at[ELUFAST_MAX_PARAMETERS];
    char *out_at[ELUFAST_MAX_OUT];
    for (size_t i = 0; i < n; i += ELUFAST_PART) {
        const size_t offset = i * c->item, count = n - i < ELUFAST_PART ? n - i : ELUFAST_PART;
        for (int k = 0; k < c->data; k++) data_at[k] = data[k] + offset;
        for (int k = 0; k < c->parameters; k++) parameters_at[k] = parameters[k] + offset;
        for (int k = 0; k < c->out; k++) out_at[k] = out[k] + offset;
        elufast_choose(c, data_at, parameters_at, out_at, count, count);
    }
}

#endif
