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

/* Whether a row has one: 1 where it is the faster way (0.64 to 0.89 of the other's time on AVX2,
 * ELUFAST_ISA=avx2 python benchmarks/thresholds.py grads). */
#if defined(__AVX2__) && !defined(__AVX512F__)
#define ELUFAST_MODERATE_elu_backward 0, 1
#define ELUFAST_MODERATE_selu_backward 0, 1
#define ELUFAST_MODERATE_celu_backward 0, 1
#define ELUFAST_HAS_MODERATE(name) ELUFAST_SECOND_OF(ELUFAST_MODERATE_##name)
#else
#define ELUFAST_HAS_MODERATE(name) 0
#endif

/* Computes n elements as if all were moderate, and says whether they were. If not, results and
 * flags are anything. */
typedef int elufast_moderate_kernel(const char *const *data, char *const *out, size_t n);

#define ELUFAST_MODERATE_KERNEL(name) ELUFAST_JOIN(ELUFAST_TABLE, _moderate_##name)
#define ELUFAST_FUNCTION(name, family, shape) \
    extern elufast_moderate_kernel ELUFAST_MODERATE_KERNEL(name);
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* What has been seen of operands. Of a grad the two highest bits of the exponent, at once: neither
 * a comparison nor a maximum. Of an x its bits, which with a sign grow away from 0 and end in NaN,
 * and as a signed number are largest for a positive NaN. */
typedef struct {
    uint32_t grads, below;
    int32_t above;
} elufast_seen;

ELUFAST_FN void elufast_see(elufast_seen *seen, float grad, float x) {
    const uint32_t bits = (uint32_t)elufast_bits_f32(grad);
    const int32_t given = elufast_bits_f32(x);
    seen->grads |= bits & (bits + bits);
    seen->below = seen->below > (uint32_t)given ? seen->below : (uint32_t)given;
    seen->above = seen->above > given ? seen->above : given;
}
static inline int elufast_are_moderate(const elufast_seen *seen) {
    return (seen->grads >> 30 & 1) == 0 && seen->below < (uint32_t)elufast_bits_f32(-103.0f) &&
           seen->above <= elufast_bits_f32(INFINITY);
}

#if ELUFAST_HAS_MODERATE(elu_backward)
#include <immintrin.h>

/* Operands that are computed at a time, in the first-level cache; and how many such parts are not
 * tried after one that was not moderate, which has cost its time twice. */
enum { ELUFAST_MODERATE_PART = 2048, ELUFAST_UNTRIED = 7 };

/* In place nothing is left to compute again: there they are looked at beforehand. Where an
 * exception would trap nothing is tried: the attempt may raise some. */
static inline int elufast_are_moderate_arrays(const char *const *data, size_t n) {
    typedef float item ELUFAST_ANYWHERE;
    const item *grad = (const item *)data[0], *x = (const item *)data[1];
    elufast_seen seen = {0, 0, 0};
    for (size_t i = 0; i < n; i++) elufast_see(&seen, grad[i], x[i]);
    return elufast_are_moderate(&seen);
}

static inline void elufast_moderate_or_general(elufast_kernel *general,
                                               elufast_moderate_kernel *moderate,
                                               const char *const *data, char *const *out,
                                               size_t n) {
    const int is_in_place = out[0] == data[0] || out[0] == data[1];
    int untried = 0;
    for (size_t i = 0; i < n; i += ELUFAST_MODERATE_PART) {
        const size_t offset = i * sizeof(float);
        const size_t count = n - i < ELUFAST_MODERATE_PART ? n - i : ELUFAST_MODERATE_PART;
        const char *const data_at[] = {data[0] + offset, data[1] + offset};
        char *const out_at[] = {out[0] + offset};
        const unsigned modes = _mm_getcsr();
        if (untried > 0 || (modes & _MM_MASK_MASK) != _MM_MASK_MASK) {
            untried -= untried > 0;
        } else if ((!is_in_place || elufast_are_moderate_arrays(data_at, count)) &&
                   moderate(data_at, out_at, count)) {
            continue;
        } else {
            _mm_setcsr(modes);
            untried = ELUFAST_UNTRIED;
        }
        general(data_at, NULL, out_at, count);
    }
}
#endif

#endif
