/* How the elements of a register (_lanes.h) come from memory and get there. */
#ifndef ELUFAST_LANE_MOVES_H
#define ELUFAST_LANE_MOVES_H

#include <immintrin.h>

#include "_kernels.h"
#include "elufast/config.h"

typedef float elufast_float_item ELUFAST_ANYWHERE;
typedef double elufast_double_item ELUFAST_ANYWHERE;

enum {
    elufast_lanes_f32x16 = 16,
    elufast_lanes_f64x8 = 8,
    elufast_lanes_f32x8 = 8,
    elufast_lanes_f64x4 = 4
};

/* Whether the compiler sees that the mask is that of all lanes. */
ELUFAST_FN int elufast_is_whole(unsigned mask, unsigned lanes) {
    return __builtin_constant_p(mask) && (mask & ((1u << lanes) - 1)) == (1u << lanes) - 1;
}

/* The elements of the mask, and the first of them in the other lanes, which can raise no flag of
 * its own. */
ELUFAST_FN __m512 elufast_load_f32x16(const void *x, __mmask16 mask) {
    if (elufast_is_whole(mask, 16)) return _mm512_loadu_ps(x);
    return _mm512_mask_loadu_ps(_mm512_set1_ps(*(const elufast_float_item *)x), mask, x);
}
ELUFAST_FN void elufast_store_f32x16(void *y, __m512 v, __mmask16 mask) {
    if (elufast_is_whole(mask, 16)) {
        _mm512_storeu_ps(y, v);
    } else {
        _mm512_mask_storeu_ps(y, mask, v);
    }
}

ELUFAST_FN __m512d elufast_load_f64x8(const void *x, __mmask8 mask) {
    if (elufast_is_whole(mask, 8)) return _mm512_loadu_pd(x);
    return _mm512_mask_loadu_pd(_mm512_set1_pd(*(const elufast_double_item *)x), mask, x);
}
ELUFAST_FN void elufast_store_f64x8(void *y, __m512d v, __mmask8 mask) {
    if (elufast_is_whole(mask, 8)) {
        _mm512_storeu_pd(y, v);
    } else {
        _mm512_mask_storeu_pd(y, mask, v);
    }
}

ELUFAST_FN __m256 elufast_load_f32x8(const void *x, __mmask8 mask) {
    if (elufast_is_whole(mask, 8)) return _mm256_loadu_ps(x);
    return _mm256_mask_loadu_ps(_mm256_set1_ps(*(const elufast_float_item *)x), mask, x);
}
ELUFAST_FN void elufast_store_f32x8(void *y, __m256 v, __mmask8 mask) {
    if (elufast_is_whole(mask, 8)) {
        _mm256_storeu_ps(y, v);
    } else {
        _mm256_mask_storeu_ps(y, mask, v);
    }
}

ELUFAST_FN __m256d elufast_load_f64x4(const void *x, __mmask8 mask) {
    if (elufast_is_whole(mask, 4)) return _mm256_loadu_pd(x);
    return _mm256_mask_loadu_pd(_mm256_set1_pd(*(const elufast_double_item *)x), mask, x);
}
ELUFAST_FN void elufast_store_f64x4(void *y, __m256d v, __mmask8 mask) {
    if (elufast_is_whole(mask, 4)) {
        _mm256_storeu_pd(y, v);
    } else {
        _mm256_mask_storeu_pd(y, mask, v);
    }
}

#endif
