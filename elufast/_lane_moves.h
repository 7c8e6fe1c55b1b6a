/* How the elements of a register (_lanes.h) come from memory and get there. */
#ifndef ELUFAST_LANE_MOVES_H
#define ELUFAST_LANE_MOVES_H

#include <immintrin.h>

#include "_kernels.h"
#include "elufast/config.h"

typedef float elufast_float_item ELUFAST_ANYWHERE;
typedef double elufast_double_item ELUFAST_ANYWHERE;

enum { elufast_lanes_f32x16 = 16, elufast_lanes_f64x8 = 8, elufast_lanes_f32x8 = 8 };

/* How many registers are computed at once, for each shape of functions.inc: in the caches and past
 * them (_lane_loops.inc), and by the placed loops (_placed_loops.c; past the caches as many, or
 * one). As many as do not crowd the others: fewer where parameters are registers too, or registers
 * are put in order. One multiplication waits for memory, and needs one; floats past the caches are
 * the faster the more evenly they are written. */
#define ELUFAST_AT_ONCE_OF(name, map, map_pair, backward, backward_from_output) \
    enum {                                                                      \
        elufast_at_once_MAP_##name = map,                                       \
        elufast_at_once_MAP_PAIR_##name = map_pair,                             \
        elufast_at_once_BACKWARD_##name = backward,                             \
        elufast_at_once_BACKWARD_FROM_OUTPUT_##name = backward_from_output      \
    };
ELUFAST_AT_ONCE_OF(f32x16, 4, 4, 4, 1)
ELUFAST_AT_ONCE_OF(f64x8, 4, 4, 4, 1)
ELUFAST_AT_ONCE_OF(f32x16_each, 2, 2, 2, 1)
ELUFAST_AT_ONCE_OF(f64x8_each, 4, 3, 3, 1)
ELUFAST_AT_ONCE_OF(f32x16_past, 1, 1, 1, 1)
ELUFAST_AT_ONCE_OF(f64x8_past, 4, 2, 4, 1)
ELUFAST_AT_ONCE_OF(f32x16_placed, 4, 1, 1, 1)
ELUFAST_AT_ONCE_OF(f64x8_placed, 4, 2, 4, 1)
ELUFAST_AT_ONCE_OF(f32x16_each_past, 1, 1, 1, 1)
ELUFAST_AT_ONCE_OF(f64x8_each_past, 1, 1, 1, 1)

/* Whether the compiler sees that the mask is that of all lanes. */
ELUFAST_FN int elufast_is_whole(unsigned mask, unsigned lanes) {
    return __builtin_constant_p(mask) && (mask & ((1u << lanes) - 1)) == (1u << lanes) - 1;
}

/* load: the elements of the mask, and the first of them in the other lanes, which can raise no flag
 * of its own; store: those of the mask; stream: all of them past the caches, to a whole line, or
 * those of the mask. */
#define ELUFAST_LANE_LOADS(name, type, mask_type, item, mm, kind)        \
    typedef type elufast_vector_##name;                                  \
    ELUFAST_FN type elufast_load_##name(const void *x, mask_type mask) { \
        if (elufast_is_whole(mask, elufast_lanes_##name)) {              \
            return mm##_loadu_##kind(x);                                 \
        }                                                                \
        const type first = mm##_set1_##kind(*(const item *)x);           \
        return mm##_mask_loadu_##kind(first, mask, x);                   \
    }
#define ELUFAST_LANE_STORES(name, type, mask_type, mm, kind)                 \
    ELUFAST_FN void elufast_store_##name(void *y, type v, mask_type mask) {  \
        if (elufast_is_whole(mask, elufast_lanes_##name)) {                  \
            mm##_storeu_##kind(y, v);                                        \
        } else {                                                             \
            mm##_mask_storeu_##kind(y, mask, v);                             \
        }                                                                    \
    }                                                                        \
    ELUFAST_FN void elufast_stream_##name(void *y, type v, mask_type mask) { \
        if (elufast_is_whole(mask, elufast_lanes_##name)) {                  \
            mm##_stream_##kind(y, v);                                        \
        } else {                                                             \
            mm##_mask_storeu_##kind(y, mask, v);                             \
        }                                                                    \
    }
ELUFAST_LANE_LOADS(f32x16, __m512, __mmask16, elufast_float_item, _mm512, ps)
ELUFAST_LANE_LOADS(f64x8, __m512d, __mmask8, elufast_double_item, _mm512, pd)
ELUFAST_LANE_STORES(f32x16, __m512, __mmask16, _mm512, ps)
ELUFAST_LANE_STORES(f64x8, __m512d, __mmask8, _mm512, pd)
ELUFAST_LANE_STORES(f32x8, __m256, __mmask8, _mm256, ps)

#endif
