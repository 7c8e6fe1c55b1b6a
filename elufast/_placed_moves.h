/* How the elements of a register (_lanes.h) come from where they lie (_placed.h). */
#ifndef ELUFAST_PLACED_MOVES_H
#define ELUFAST_PLACED_MOVES_H

#include <stdint.h>
#include <string.h>

#include "_lane_moves.h"
#include "_placed.h"

#define ELUFAST_SWAPPED_BYTES(size)                                                      \
    const __m128i order =                                                                \
        size == 4 ? _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)  \
                  : _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8); \
    const __m512i swap = _mm512_broadcast_i32x4(order);

/* No byte outside of the elements is read: the second load of a whole register begins one item
 * early. (A masked one that waits for memory took up to four times as long on Zen 5.) */
ELUFAST_FN __m512 elufast_every_second_f32x16(const char *x, __mmask16 mask) {
    if (elufast_is_whole(mask, 16)) {
        const __m512i early =
            _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
        return _mm512_permutex2var_ps(_mm512_loadu_ps(x), early, _mm512_loadu_ps(x + 60));
    }
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const unsigned count = (unsigned)__builtin_popcount(mask);
    const uint32_t wanted = (UINT32_C(1) << (2 * count - 1)) - 1;
    const __m512 low = _mm512_maskz_loadu_ps((__mmask16)wanted, x);
    const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(wanted >> 16), x + 64);
    return _mm512_permutex2var_ps(low, even, high);
}
ELUFAST_FN __m512d elufast_every_second_f64x8(const char *x, __mmask8 mask) {
    if (elufast_is_whole(mask, 8)) {
        const __m512i early = _mm512_setr_epi64(0, 2, 4, 6, 9, 11, 13, 15);
        return _mm512_permutex2var_pd(_mm512_loadu_pd(x), early, _mm512_loadu_pd(x + 56));
    }
    const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const unsigned count = (unsigned)__builtin_popcount(mask);
    const uint32_t wanted = (UINT32_C(1) << (2 * count - 1)) - 1;
    const __m512d low = _mm512_maskz_loadu_pd((__mmask8)wanted, x);
    const __m512d high = _mm512_maskz_loadu_pd((__mmask8)(wanted >> 8), x + 64);
    return _mm512_permutex2var_pd(low, even, high);
}

/* The bits of a number, which may be misaligned. */
ELUFAST_FN int32_t elufast_item_f32(const char *x) {
    int32_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits;
}
ELUFAST_FN int64_t elufast_item_f64(const char *x) {
    int64_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits;
}

/* x is the first element, which lies behind the others (those under the mask, and nothing before
 * them, are read). */
ELUFAST_FN __m512 elufast_reversed_f32x16(const char *x, __mmask16 mask) {
    const __m512i backward =
        _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __mmask16 last = (__mmask16)(mask << (16 - __builtin_popcount(mask)));
    return _mm512_permutexvar_ps(backward,
                                 _mm512_maskz_loadu_ps(last, (const void *)((uintptr_t)x - 60)));
}
ELUFAST_FN __m512d elufast_reversed_f64x8(const char *x, __mmask8 mask) {
    const __m512i backward = _mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    const __mmask8 last = (__mmask8)(mask << (8 - __builtin_popcount(mask)));
    return _mm512_permutexvar_pd(backward,
                                 _mm512_maskz_loadu_pd(last, (const void *)((uintptr_t)x - 56)));
}

ELUFAST_FN __m512 elufast_in_order_f32x16(const char *x, elufast_placing placing, __mmask16 mask) {
    if (placing == ELUFAST_AS_THEY_ARE) return elufast_load_f32x16(x, mask);
    if (placing == ELUFAST_EVERY_SECOND) return elufast_every_second_f32x16(x, mask);
    if (placing == ELUFAST_REVERSED) return elufast_reversed_f32x16(x, mask);
    if (placing == ELUFAST_REPEATED) return (__m512)_mm512_set1_epi32(elufast_item_f32(x));
    ELUFAST_SWAPPED_BYTES(4)
    return (__m512)_mm512_shuffle_epi8((__m512i)elufast_load_f32x16(x, mask), swap);
}
ELUFAST_FN __m512d elufast_in_order_f64x8(const char *x, elufast_placing placing, __mmask8 mask) {
    switch (placing) {
        case ELUFAST_AS_THEY_ARE:
            return elufast_load_f64x8(x, mask);
        case ELUFAST_EVERY_SECOND:
            return elufast_every_second_f64x8(x, mask);
        case ELUFAST_REVERSED:
            return elufast_reversed_f64x8(x, mask);
        case ELUFAST_REPEATED:
            return (__m512d)_mm512_set1_epi64(elufast_item_f64(x));
        case ELUFAST_FROM_I32:
            return _mm512_cvtepi32_pd(_mm256_maskz_loadu_epi32(mask, x));
        case ELUFAST_FROM_I64:
            return _mm512_cvtepi64_pd(_mm512_maskz_loadu_epi64(mask, x));
        case ELUFAST_OTHER_FLOAT:
            return _mm512_cvtps_pd(_mm256_maskz_loadu_ps(mask, x));
        default: {
            ELUFAST_SWAPPED_BYTES(8)
            return (__m512d)_mm512_shuffle_epi8((__m512i)elufast_load_f64x8(x, mask), swap);
        }
    }
}

/* The first element in the lanes that are not in the mask, as in _lane_moves.h: with other operands
 * it raises the flags that it raises in its own lane, and no more. */
ELUFAST_FN __m512 elufast_placed_f32x16(const char *x, elufast_placing placing, __mmask16 mask) {
    const __m512 v = elufast_in_order_f32x16(x, placing, mask);
    if (elufast_is_whole(mask, 16)) return v;
    return _mm512_mask_mov_ps(_mm512_broadcastss_ps(_mm512_castps512_ps128(v)), mask, v);
}
ELUFAST_FN __m512d elufast_placed_f64x8(const char *x, elufast_placing placing, __mmask8 mask) {
    const __m512d v = elufast_in_order_f64x8(x, placing, mask);
    if (elufast_is_whole(mask, 8)) return v;
    return _mm512_mask_mov_pd(_mm512_broadcastsd_pd(_mm512_castpd512_pd128(v)), mask, v);
}

#endif
