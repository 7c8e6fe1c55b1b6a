/* The loops of _placed.h for the rows that have loops in lanes (_lane_rows.h). */
#include "_placed.h"

#include "_lane_rows.h"

#if ELUFAST_HAS_LANES(elu)
#include "_lanes.h"
#include "_placed_moves.h"

/* Past the caches go whole registers; the rest, which does not fill a line, does not. */
ELUFAST_FN void elufast_store_placed_f32x16(char *y, elufast_placing placing, __m512 v,
                                            __mmask16 mask) {
    if (placing == ELUFAST_AS_THEY_ARE) {
        elufast_store_f32x16(y, v, mask);
    } else if (placing == ELUFAST_PAST) {
        elufast_stream_f32x16(y, v, mask);
    } else {
        const __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
        const __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
        if (placing == ELUFAST_OTHER_FLOAT_PAST && elufast_is_whole(mask, 16)) {
            _mm512_stream_pd((double *)(void *)y, low);
            _mm512_stream_pd((double *)(void *)(y + 64), high);
        } else {
            _mm512_mask_storeu_pd(y, (__mmask8)mask, low);
            _mm512_mask_storeu_pd(y + 64, (__mmask8)(mask >> 8), high);
        }
    }
}
ELUFAST_FN void elufast_store_placed_f64x8(char *y, elufast_placing placing, __m512d v,
                                           __mmask8 mask) {
    if (placing == ELUFAST_AS_THEY_ARE) {
        elufast_store_f64x8(y, v, mask);
    } else if (placing == ELUFAST_PAST) {
        elufast_stream_f64x8(y, v, mask);
    } else if (placing == ELUFAST_OTHER_FLOAT_PAST) {
        elufast_stream_f32x8(y, _mm512_cvtpd_ps(v), mask);
    } else {
        elufast_store_f32x8(y, _mm512_cvtpd_ps(v), mask);
    }
}

#define ELUFAST_BEGIN(name, array, place) \
    char *name = (char *)(array);         \
    const elufast_place name##_place = place;
#define ELUFAST_READ(name) ELUFAST_LANE(elufast_placed)(name, name##_place.placing, mask)
#define ELUFAST_WRITE(name, v) \
    ELUFAST_LANE(elufast_store_placed)(name, name##_place.placing, v, mask);
/* From the elements of one register to those of the next. */
#define ELUFAST_GO_ON(name) name += name##_place.advance;

#define ELUFAST_AT_ONCE(shape, where) ELUFAST_JOIN(ELUFAST_F(elufast_at_once_##shape), where)
#define ELUFAST_COMES_TOGETHER(shape, place)                             \
    (ELUFAST_AT_ONCE(shape, _placed) == ELUFAST_AT_ONCE(shape, _past) || \
     place.placing < ELUFAST_PAST)

/* What is to be done, for registers that come together, for whole ones and for the rest. */
#define ELUFAST_IN_LANES(shape, place, ...)                                                     \
    if (ELUFAST_COMES_TOGETHER(shape, place)) {                                                 \
        enum { count = ELUFAST_AT_ONCE(shape, _placed), past = ELUFAST_AT_ONCE(shape, _past) }; \
        _Static_assert(count == past || past == 1, "others go one by one");                     \
        const mask_type mask = (mask_type) - 1;                                                 \
        for (; n >= count * lanes; n -= count * lanes) {                                        \
            __VA_ARGS__                                                                         \
        }                                                                                       \
    }                                                                                           \
    for (; n >= lanes; n -= lanes) {                                                            \
        enum { count = 1 };                                                                     \
        const mask_type mask = (mask_type) - 1;                                                 \
        __VA_ARGS__                                                                             \
    }                                                                                           \
    if (n > 0) {                                                                                \
        enum { count = 1 };                                                                     \
        const mask_type mask = (mask_type)((1u << n) - 1);                                      \
        __VA_ARGS__                                                                             \
    }

#define ELUFAST_LOOP_MAP(formula, ...)                   \
    ELUFAST_BEGIN(x, data[0], places[0])                 \
    ELUFAST_BEGIN(y, out[0], places[1])                  \
    ELUFAST_IN_LANES(                                    \
        MAP, y_place, vector v[count]; ELUFAST_EACH {    \
            v[k] = ELUFAST_READ(x);                      \
            ELUFAST_GO_ON(x)                             \
        } ELUFAST_EACH v[k] = formula(v[k] __VA_ARGS__); \
        ELUFAST_EACH{ELUFAST_WRITE(y, v[k]) ELUFAST_GO_ON(y)})

#define ELUFAST_LOOP_MAP_PAIR(formula, ...)                                                     \
    ELUFAST_BEGIN(x, data[0], places[0])                                                        \
    ELUFAST_BEGIN(y, out[0], places[1])                                                         \
    ELUFAST_BEGIN(dydx, out[1], places[2])                                                      \
    ELUFAST_IN_LANES(                                                                           \
        MAP_PAIR, y_place, vector v[count]; ELUFAST_F(elufast_pair) both[count]; ELUFAST_EACH { \
            v[k] = ELUFAST_READ(x);                                                             \
            ELUFAST_GO_ON(x)                                                                    \
        } ELUFAST_EACH both[k] = formula(v[k] __VA_ARGS__);                                     \
        ELUFAST_EACH{ELUFAST_WRITE(y, both[k].y) ELUFAST_WRITE(dydx, both[k].dydx)              \
                         ELUFAST_GO_ON(y) ELUFAST_GO_ON(dydx)})

#define ELUFAST_LOOP_GRAD(shape, formula, ...)                            \
    ELUFAST_BEGIN(grad, data[0], places[0])                               \
    ELUFAST_BEGIN(x, data[1], places[1])                                  \
    ELUFAST_BEGIN(dx, out[0], places[2])                                  \
    ELUFAST_IN_LANES(                                                     \
        shape, dx_place, vector g[count]; vector v[count]; ELUFAST_EACH { \
            g[k] = ELUFAST_READ(grad);                                    \
            v[k] = ELUFAST_READ(x);                                       \
            ELUFAST_GO_ON(grad) ELUFAST_GO_ON(x)                          \
        } ELUFAST_EACH v[k] = formula(g[k], v[k] __VA_ARGS__);            \
        ELUFAST_EACH{ELUFAST_WRITE(dx, v[k]) ELUFAST_GO_ON(dx)})

#define ELUFAST_LOOP_BACKWARD(...) ELUFAST_LOOP_GRAD(BACKWARD, __VA_ARGS__)
#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT(...) ELUFAST_LOOP_GRAD(BACKWARD_FROM_OUTPUT, __VA_ARGS__)

#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)
#define ELUFAST_KERNEL_0(name, family, shape)
#define ELUFAST_KERNEL_1(name, family, shape)                                               \
    void ELUFAST_PLACED_KERNEL(ELUFAST_TYPED(name))(                                        \
        const char *const *data, const elufast_place *places, char *const *out, size_t n) { \
        typedef ELUFAST_F(elufast_truth) mask_type;                                         \
        typedef ELUFAST_LANE(elufast_vector) vector;                                        \
        const size_t lanes = ELUFAST_LANE(elufast_lanes);                                   \
        ELUFAST_LOOP_##shape(ELUFAST_F(elufast_##name),                                     \
                             ELUFAST_PARAMETERS_##family(ELUFAST_PASS_LITERAL))             \
    }
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_JOIN(ELUFAST_KERNEL_, ELUFAST_HAS_OWN_LANES(name))(name, family, shape)

#define ELUFAST_REAL float
#define ELUFAST_TYPED(name) name##_f32
#define ELUFAST_LANE(name) name##_f32x16
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#undef ELUFAST_REAL
#undef ELUFAST_TYPED
#undef ELUFAST_LANE
#undef ELUFAST_F

#define ELUFAST_REAL double
#define ELUFAST_TYPED(name) name##_f64
#define ELUFAST_LANE(name) name##_f64x8
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#endif
