/* Operands of a backward pass that are moderate: grads less than 2^65 in magnitude, so that no
 * product on the way from them overflows, and x that are not NaN and for which exp(x) does not
 * count as 0. The loops that _moderate_loops.c has for float arrays of them, with default
 * parameters, and the choice between those and the general ones. Results are the same, to the bit.
 */
#ifndef ELUFAST_MODERATE_H
#define ELUFAST_MODERATE_H

#include <stdint.h>

#include "_kernels.h"
#include "elufast/config.h"

/* Whether a row has one: 1 where it is the faster way (0.73 to 0.91 of the other's time on AVX2,
 * ELUFAST_ISA=avx2 python benchmarks/thresholds.py grads). */
#if defined(__AVX2__) && !defined(__AVX512F__)
#define ELUFAST_MODERATE_elu_backward 0, 1
#define ELUFAST_MODERATE_selu_backward 0, 1
#define ELUFAST_MODERATE_celu_backward 0, 1
#define ELUFAST_HAS_MODERATE(name) ELUFAST_SECOND_OF(ELUFAST_MODERATE_##name)
#else
#define ELUFAST_HAS_MODERATE(name) 0
#endif

#define ELUFAST_MODERATE_KERNEL(name) ELUFAST_JOIN(ELUFAST_TABLE, _moderate_##name)

#define ELUFAST_FUNCTION(name, family, shape) \
    extern elufast_kernel ELUFAST_MODERATE_KERNEL(name##_defaults);
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* Of a grad the two highest bits of the exponent, at once: neither a comparison nor a maximum. Of
 * an x its bits, which with a sign grow away from 0 and end in NaN, and as a signed number are
 * largest for a positive NaN. */
static inline int elufast_are_moderate(const char *grads, const char *xs, size_t n) {
    typedef float item ELUFAST_ANYWHERE;
    const item *grad = (const item *)(const void *)grads, *x = (const item *)(const void *)xs;
    const uint32_t lowest = (uint32_t)elufast_bits_f32(-103.0f);
    const int32_t infinity = elufast_bits_f32(INFINITY);
    uint32_t both = 0, below = 0;
    int32_t above = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)elufast_bits_f32(grad[i]);
        const int32_t given = elufast_bits_f32(x[i]);
        both |= bits & (bits + bits);
        below = below > (uint32_t)given ? below : (uint32_t)given;
        above = above > given ? above : given;
    }
    return (both >> 30 & 1) == 0 && below < lowest && above <= infinity;
}

/* Operands that are looked at and then computed, in the first-level cache; fewer than the least are
 * not worth it. */
enum { ELUFAST_GRADS_PART = 2048, ELUFAST_GRADS_LEAST = 128 };

static inline void elufast_choose_by_grads(elufast_kernel *general, elufast_kernel *moderate,
                                           const char *const *data, char *const *out, size_t n) {
    for (size_t i = 0; i < n; i += ELUFAST_GRADS_PART) {
        const size_t offset = i * sizeof(float);
        const size_t count = n - i < ELUFAST_GRADS_PART ? n - i : ELUFAST_GRADS_PART;
        const char *const data_at[] = {data[0] + offset, data[1] + offset};
        char *const out_at[] = {out[0] + offset};
        const int is_moderate =
            count >= ELUFAST_GRADS_LEAST && elufast_are_moderate(data_at[0], data_at[1], count);
        (is_moderate ? moderate : general)(data_at, NULL, out_at, count);
    }
}

#endif
