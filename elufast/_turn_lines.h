/* Squares of items whose rows are lines of the cache, turned with AVX-512. Shuffles that have their
 * pattern in the instruction are faster than those that read it from a register: first the items
 * within the four lanes of each vector, then the lanes. */
#ifndef ELUFAST_TURN_LINES_H
#define ELUFAST_TURN_LINES_H

#ifdef __AVX512F__
#include <immintrin.h>
#include <stddef.h>

/* Lanes 0 and 2, or 1 and 3, of the one and of the other. */
#define ELUFAST_EVEN_LANES(a, b) _mm512_shuffle_i32x4(a, b, 0x88)
#define ELUFAST_ODD_LANES(a, b) _mm512_shuffle_i32x4(a, b, 0xDD)

/* Of four vectors, every `step`-th from the first on. */
static inline void elufast_turn_lanes(__m512i *v, int step) {
    const __m512i even = ELUFAST_EVEN_LANES(v[0], v[step]), odd = ELUFAST_ODD_LANES(v[0], v[step]);
    const __m512i later_even = ELUFAST_EVEN_LANES(v[2 * step], v[3 * step]),
                  later_odd = ELUFAST_ODD_LANES(v[2 * step], v[3 * step]);
    v[0] = ELUFAST_EVEN_LANES(even, later_even);
    v[step] = ELUFAST_EVEN_LANES(odd, later_odd);
    v[2 * step] = ELUFAST_ODD_LANES(even, later_even);
    v[3 * step] = ELUFAST_ODD_LANES(odd, later_odd);
}

static inline void elufast_turn_within_lanes_32(__m512i *v) {
    const __m512i low = _mm512_unpacklo_epi32(v[0], v[1]), high = _mm512_unpackhi_epi32(v[0], v[1]);
    const __m512i later_low = _mm512_unpacklo_epi32(v[2], v[3]),
                  later_high = _mm512_unpackhi_epi32(v[2], v[3]);
    v[0] = _mm512_unpacklo_epi64(low, later_low);
    v[1] = _mm512_unpackhi_epi64(low, later_low);
    v[2] = _mm512_unpacklo_epi64(high, later_high);
    v[3] = _mm512_unpackhi_epi64(high, later_high);
}

static inline void elufast_turn_within_lanes_64(__m512i *v) {
    const __m512i low = _mm512_unpacklo_epi64(v[0], v[1]);
    v[1] = _mm512_unpackhi_epi64(v[0], v[1]);
    v[0] = low;
}

static inline void elufast_write_line(char *line, __m512i v, int is_past) {
    if (is_past) {
        _mm512_stream_si512((void *)line, v);
    } else {
        _mm512_storeu_si512(line, v);
    }
}

/* `count` rows of one line each, `in_lane` items to a lane; is_past: whole lines are written past
 * the caches. */
#define ELUFAST_TURN_LINES(size, count, in_lane)                                                \
    static inline void elufast_turn_lines_##size(char *to, ptrdiff_t to_step, const char *from, \
                                                 ptrdiff_t from_step, int is_past) {            \
        __m512i v[count];                                                                       \
        for (int i = 0; i < count; i++) v[i] = _mm512_loadu_si512(from + i * from_step);        \
        for (int i = 0; i < count; i += in_lane) elufast_turn_within_lanes_##size(v + i);       \
        for (int i = 0; i < in_lane; i++) {                                                     \
            elufast_turn_lanes(v + i, in_lane);                                                 \
            for (int k = i; k < count; k += in_lane) {                                          \
                elufast_write_line(to + k * to_step, v[k], is_past);                            \
            }                                                                                   \
        }                                                                                       \
    }
ELUFAST_TURN_LINES(32, 16, 4)
ELUFAST_TURN_LINES(64, 8, 2)
#endif

#endif
