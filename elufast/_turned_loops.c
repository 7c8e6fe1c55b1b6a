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
#define ELUFAST_READ(name, k)                                                  \
    ELUFAST_LANE(elufast_placed)(name + (ptrdiff_t)(k) * name##_place.advance, \
                                 name##_place.placing, mask)
#define ELUFAST_GO_ON(name)                                                                      \
    if (t.fetches_data) {                                                                        \
        ELUFAST_EACH ELUFAST_PREFETCH(name + name##_ahead + (ptrdiff_t)k * name##_place.advance, \
                                      0);                                                        \
    }                                                                                            \
    name += count * name##_place.advance;

/* As many rows as registers have lanes, some of them at once, as in _lane_moves.h. (All of them
 * take as long, in four times the code.) */
enum { count = 2 };
#define ELUFAST_ROWS(...)                    \
    for (int i = 0; i < lanes; i += count) { \
        __VA_ARGS__                          \
    }
#define ELUFAST_WRITE(results, k)                                                  \
    {                                                                              \
        char *place = squares[s].out[k];                                           \
        const ptrdiff_t step = t.out_step[k];                                      \
        ELUFAST_TURN(place, step, (const char *)results, LINE,                     \
                     t.is_past && (uintptr_t)place % LINE == 0);                   \
        if (t.fetches_outputs) {                                                   \
            place += t.out_ahead[k];                                               \
            for (int i = 0; i < lanes; i++) ELUFAST_PREFETCH(place + i * step, 1); \
        }                                                                          \
    }

#define ELUFAST_LOOP_MAP(formula, ...)                                                        \
    ELUFAST_BEGIN(x, 0)                                                                       \
    vector y[lanes];                                                                          \
    ELUFAST_ROWS(vector v[count]; ELUFAST_EACH v[k] = ELUFAST_READ(x, k);                     \
                 ELUFAST_EACH v[k] = formula(v[k] __VA_ARGS__); ELUFAST_EACH y[i + k] = v[k]; \
                 ELUFAST_GO_ON(x))                                                            \
    ELUFAST_WRITE(y, 0)

#define ELUFAST_LOOP_MAP_PAIR(formula, ...)                                       \
    ELUFAST_BEGIN(x, 0)                                                           \
    vector y[lanes], dydx[lanes];                                                 \
    ELUFAST_ROWS(vector v[count]; ELUFAST_F(elufast_pair) both[count];            \
                 ELUFAST_EACH v[k] = ELUFAST_READ(x, k);                          \
                 ELUFAST_EACH both[k] = formula(v[k] __VA_ARGS__); ELUFAST_EACH { \
                     y[i + k] = both[k].y;                                        \
                     dydx[i + k] = both[k].dydx;                                  \
                 } ELUFAST_GO_ON(x))                                              \
    ELUFAST_WRITE(y, 0)                                                           \
    ELUFAST_WRITE(dydx, 1)

#define ELUFAST_LOOP_BACKWARD(formula, ...)                                           \
    ELUFAST_BEGIN(grad, 0)                                                            \
    ELUFAST_BEGIN(x, 1)                                                               \
    vector dx[lanes];                                                                 \
    ELUFAST_ROWS(vector g[count]; vector v[count]; ELUFAST_EACH {                     \
        g[k] = ELUFAST_READ(grad, k);                                                 \
        v[k] = ELUFAST_READ(x, k);                                                    \
    } ELUFAST_EACH v[k] = formula(g[k], v[k] __VA_ARGS__);                            \
                 ELUFAST_EACH dx[i + k] = v[k]; ELUFAST_GO_ON(grad) ELUFAST_GO_ON(x)) \
    ELUFAST_WRITE(dx, 0)

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)
#define ELUFAST_KERNEL_0(name, family, shape)
#define ELUFAST_KERNEL_1(name, family, shape)                                                  \
    void ELUFAST_TURNED_KERNEL(ELUFAST_TYPED(name))(const elufast_square *squares, size_t all, \
                                                    const elufast_turning *turning) {          \
        typedef ELUFAST_LANE(elufast_vector) vector;                                           \
        enum { lanes = ELUFAST_LANE(elufast_lanes) };                                          \
        const ELUFAST_F(elufast_truth) mask = (ELUFAST_F(elufast_truth)) - 1;                  \
        const elufast_turning t = *turning;                                                    \
        for (size_t s = 0; s < all; s++) {                                                     \
            ELUFAST_LOOP_##shape(ELUFAST_F(elufast_##name),                                    \
                                 ELUFAST_PARAMETERS_##family(ELUFAST_PASS_LITERAL))            \
        }                                                                                      \
    }
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_JOIN(ELUFAST_KERNEL_, ELUFAST_HAS_OWN_LANES(name))(name, family, shape)

#define ELUFAST_REAL float
#define ELUFAST_TURN elufast_turn_lines_32
#define ELUFAST_TYPED(name) name##_f32
#define ELUFAST_LANE(name) name##_f32x16
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#undef ELUFAST_REAL
#undef ELUFAST_TURN
#undef ELUFAST_TYPED
#undef ELUFAST_LANE
#undef ELUFAST_F

#define ELUFAST_REAL double
#define ELUFAST_TURN elufast_turn_lines_64
#define ELUFAST_TYPED(name) name##_f64
#define ELUFAST_LANE(name) name##_f64x8
#define ELUFAST_F ELUFAST_LANE
#include "elufast/functions.inc"
#endif
