/* The loops of _turned.h for the rows that have loops in lanes (_lane_rows.h). */
#include "_turned.h"

#include "_lane_rows.h"

#if ELUFAST_HAS_LANES(elu)
#include <stdint.h>

#include "_caches.h"
#include "_lanes.h"
#include "_placed_moves.h"
#include "_stream.h"
#include "_turn_lines.h"

enum { LINE = ELUFAST_CACHE_LINE };

#define ELUFAST_BEGIN(name, k)                    \
    const char *name = squares[s].data[k];        \
    const elufast_place name##_place = t.data[k]; \
    const ptrdiff_t name##_ahead = t.data_ahead[k];
#define ELUFAST_READ(name) ELUFAST_LANE(elufast_placed)(name, name##_place.placing, mask)
#define ELUFAST_GO_ON(name)                   \
    ELUFAST_PREFETCH(name + name##_ahead, 0); \
    name += name##_place.advance;

/* As many rows as registers have lanes. (All of them in one go take as long, in four times the
 * code.) */
#define ELUFAST_ROWS(...) \
    _Pragma("GCC unroll 2") for (int i = 0; i < lanes; i++) { __VA_ARGS__ }
#define ELUFAST_WRITE(results, k)                                \
    {                                                            \
        char *place = squares[s].out[k];                         \
        const ptrdiff_t step = t.out_step[k];                    \
        ELUFAST_TURN(place, step, (const char *)results, LINE,   \
                     t.is_past && (uintptr_t)place % LINE == 0); \
        if (t.fetches_outputs) {                                 \
            place += t.out_ahead[k];                             \
            ELUFAST_ROWS(ELUFAST_PREFETCH(place + i * step, 1);) \
        }                                                        \
    }

#define ELUFAST_LOOP_MAP(formula, ...)                                          \
    ELUFAST_BEGIN(x, 0)                                                         \
    vector y[lanes];                                                            \
    ELUFAST_ROWS(y[i] = formula(ELUFAST_READ(x) __VA_ARGS__); ELUFAST_GO_ON(x)) \
    ELUFAST_WRITE(y, 0)

#define ELUFAST_LOOP_MAP_PAIR(formula, ...)                                           \
    ELUFAST_BEGIN(x, 0)                                                               \
    vector y[lanes], dydx[lanes];                                                     \
    ELUFAST_ROWS(ELUFAST_F(elufast_pair) both = formula(ELUFAST_READ(x) __VA_ARGS__); \
                 y[i] = both.y; dydx[i] = both.dydx; ELUFAST_GO_ON(x))                \
    ELUFAST_WRITE(y, 0)                                                               \
    ELUFAST_WRITE(dydx, 1)

#define ELUFAST_LOOP_BACKWARD(formula, ...)                                        \
    ELUFAST_BEGIN(grad, 0)                                                         \
    ELUFAST_BEGIN(x, 1)                                                            \
    vector dx[lanes];                                                              \
    ELUFAST_ROWS(dx[i] = formula(ELUFAST_READ(grad), ELUFAST_READ(x) __VA_ARGS__); \
                 ELUFAST_GO_ON(grad) ELUFAST_GO_ON(x))                             \
    ELUFAST_WRITE(dx, 0)

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)
#define ELUFAST_KERNEL_0(name, family, shape)
#define ELUFAST_KERNEL_1(name, family, shape)                                                    \
    void ELUFAST_TURNED_KERNEL(ELUFAST_TYPED(name))(const elufast_square *squares, size_t count, \
                                                    const elufast_turning *turning) {            \
        typedef ELUFAST_VECTOR vector;                                                           \
        enum { lanes = ELUFAST_LANE(elufast_lanes) };                                            \
        const ELUFAST_F(elufast_truth) mask = (ELUFAST_F(elufast_truth)) - 1;                    \
        const elufast_turning t = *turning;                                                      \
        for (size_t s = 0; s < count; s++) {                                                     \
            ELUFAST_LOOP_##shape(ELUFAST_F(elufast_##name),                                      \
                                 ELUFAST_PARAMETERS_##family(ELUFAST_PASS_LITERAL))              \
        }                                                                                        \
    }
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_JOIN(ELUFAST_KERNEL_, ELUFAST_HAS_OWN_LANES(name))(name, family, shape)

#define ELUFAST_REAL float
#define ELUFAST_VECTOR __m512
#define ELUFAST_TURN elufast_turn_lines_32
#define ELUFAST_TYPED(name) name##_f32
#define ELUFAST_LANE(name) name##_f32x16
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#undef ELUFAST_REAL
#undef ELUFAST_VECTOR
#undef ELUFAST_TURN
#undef ELUFAST_TYPED
#undef ELUFAST_LANE
#undef ELUFAST_F

#define ELUFAST_REAL double
#define ELUFAST_VECTOR __m512d
#define ELUFAST_TURN elufast_turn_lines_64
#define ELUFAST_TYPED(name) name##_f64
#define ELUFAST_LANE(name) name##_f64x8
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#endif
