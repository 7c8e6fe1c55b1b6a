/* Compiled once for each instruction set; ELUFAST_MOVES names the table that this time makes. */
#include "_moves.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_kernels.h"
#include "_look_up.h"
#include "_turn_lines.h"
#include "elufast/bfloat.h"
#include "elufast/half.h"

/* ---- conversions ---- */

#define CONVERTER(name, from_type, to_type, expression)                  \
    static void name(const char *from_bytes, char *to_bytes, size_t n) { \
        const from_type *from = (const from_type *)from_bytes;           \
        to_type *to = (to_type *)to_bytes;                               \
        for (size_t i = 0; i < n; i++) to[i] = (to_type)(expression);    \
    }

#define TO_FLOATS(name, type, expression)                \
    CONVERTER(f32_from_##name, type, float, expression)  \
    CONVERTER(f64_from_##name, type, double, expression) \
    CONVERTER(long_from_##name, type, long double, expression)

TO_FLOATS(bool, uint8_t, from[i] != 0)
TO_FLOATS(i8, int8_t, from[i])
TO_FLOATS(u8, uint8_t, from[i])
TO_FLOATS(i16, int16_t, from[i])
TO_FLOATS(u16, uint16_t, from[i])
TO_FLOATS(i32, int32_t, from[i])
TO_FLOATS(u32, uint32_t, from[i])
TO_FLOATS(i64, int64_t, from[i])
TO_FLOATS(u64, uint64_t, from[i])
TO_FLOATS(f16, elufast_f16, elufast_f32_from_f16(from[i]))
TO_FLOATS(bf16, elufast_bf16, elufast_f32_from_bf16(from[i]))
CONVERTER(f64_from_f32, float, double, from[i])
CONVERTER(long_from_f32, float, long double, from[i])
CONVERTER(f32_from_f64, double, float, from[i])
CONVERTER(long_from_f64, double, long double, from[i])
CONVERTER(f32_from_long, long double, float, from[i])
CONVERTER(f64_from_long, long double, double, from[i])
CONVERTER(f16_from_f32, float, elufast_f16, elufast_f16_from_f32(from[i]))
CONVERTER(bf16_from_f32, float, elufast_bf16, elufast_bf16_from_f32(from[i]))

/* ---- strides ---- */

#if defined(__GNUC__)
/* Which compilers know to be one shuffle. */
#define swapped_16 __builtin_bswap16
#define swapped_32 __builtin_bswap32
#define swapped_64 __builtin_bswap64
#else
static inline uint16_t swapped_16(uint16_t x) { return (uint16_t)(x << 8 | x >> 8); }
static inline uint32_t swapped_32(uint32_t x) {
    return x << 24 | (x & 0xFF00u) << 8 | (x >> 8 & 0xFF00u) | x >> 24;
}
static inline uint64_t swapped_64(uint64_t x) {
    return (uint64_t)swapped_32((uint32_t)x) << 32 | swapped_32((uint32_t)(x >> 32));
}
#endif

#define SAME(x) (x)

/* memcpy, because nothing says that the items are aligned. */
#define ROW(type, change, to_step, from_step)                           \
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n; i++) {                      \
        type item;                                                      \
        memcpy(&item, from + i * (ptrdiff_t)(from_step), sizeof(type)); \
        item = change(item);                                            \
        memcpy(to + i * (ptrdiff_t)(to_step), &item, sizeof(type));     \
    }

/* One item, many times; gcc reads it again each time where that is left to it. */
#define FILL(type, change)             \
    type item;                         \
    memcpy(&item, from, sizeof(type)); \
    item = change(item);               \
    for (size_t i = 0; i < n; i++) memcpy(to + i * sizeof(type), &item, sizeof(type));

/* The commonest steps have loops of their own: with constants the compiler vectorises them. */
#define ROWS(name, type, change)                                                           \
    static void name(char *restrict to, elufast_steps to_steps, const char *restrict from, \
                     elufast_steps from_steps, size_t n, size_t rows) {                    \
        const ptrdiff_t size = sizeof(type), in = from_steps.step, out = to_steps.step;    \
        for (; rows > 0; rows--, to += to_steps.row_step, from += from_steps.row_step) {   \
            if (n < 8) {                                                                   \
                ROW(type, change, out, in)                                                 \
            } else if (out == size && in == size) {                                        \
                ROW(type, change, sizeof(type), sizeof(type))                              \
            } else if (out == size && in == 0) {                                           \
                FILL(type, change)                                                         \
            } else if (out == size && in == -size) {                                       \
                ROW(type, change, sizeof(type), -(ptrdiff_t)sizeof(type))                  \
            } else if (out == size && in == 2 * size) {                                    \
                ROW(type, change, sizeof(type), 2 * sizeof(type))                          \
            } else if (out == -size && in == size) {                                       \
                ROW(type, change, -(ptrdiff_t)sizeof(type), sizeof(type))                  \
            } else if (out == 2 * size && in == size) {                                    \
                ROW(type, change, 2 * sizeof(type), sizeof(type))                          \
            } else {                                                                       \
                ROW(type, change, out, in)                                                 \
            }                                                                              \
        }                                                                                  \
    }

ROWS(copy_8, uint8_t, SAME)
ROWS(copy_16, uint16_t, SAME)
ROWS(copy_32, uint32_t, SAME)
ROWS(copy_64, uint64_t, SAME)
ROWS(swap_16, uint16_t, swapped_16)
ROWS(swap_32, uint32_t, swapped_32)
ROWS(swap_64, uint64_t, swapped_64)

/* ---- tiles of transposed arrays ---- */

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define BITS 16
#define LANES 8
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define TURN turn_16
#define REST copy_16
#include "_turn.inc"
#define BITS 32
#define LANES 4
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#define TURN turn_32
#define REST copy_32
#include "_turn.inc"
#define BITS 64
#define LANES 2
#define LOW 0, 2
#define HIGH 1, 3
#define TURN turn_64
#define REST copy_64
#include "_turn.inc"
#ifdef __AVX512F__
#define BITS 32
#define LANES 16
#define SQUARE(...) elufast_turn_lines_32(__VA_ARGS__, 0)
#define TURN turn_32_by_lines
#define REST turn_32
#include "_turn.inc"
#define BITS 64
#define LANES 8
#define SQUARE(...) elufast_turn_lines_64(__VA_ARGS__, 0)
#define TURN turn_64_by_lines
#define REST turn_64
#include "_turn.inc"
#else
#define turn_32_by_lines turn_32
#define turn_64_by_lines turn_64
#endif
#define HAVE_TURNS
#endif
#endif

#ifdef HAVE_TURNS
static int is_turned(elufast_steps to, elufast_steps from, size_t size) {
    return from.step == (ptrdiff_t)size && to.row_step == (ptrdiff_t)size;
}

static void turn(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                 size_t n, size_t rows, size_t size) {
    if (size == 2) {
        turn_16(to, to_steps, from, from_steps, n, rows);
    } else if (size == 4) {
        turn_32_by_lines(to, to_steps, from, from_steps, n, rows);
    } else {
        turn_64_by_lines(to, to_steps, from, from_steps, n, rows);
    }
}

static elufast_steps exchanged(elufast_steps s) {
    const elufast_steps result = {s.row_step, s.step};
    return result;
}

/* 1: done. Rows and columns may have each other's names. (Of one item that repeats along a row
 * there is nothing to turn.) */
static int copy_turned(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                       size_t n, size_t rows, size_t size) {
    if (rows < 2 || from_steps.step == 0 || (size != 2 && size != 4 && size != 8)) return 0;
    if (is_turned(to_steps, from_steps, size)) {
        turn(to, to_steps, from, from_steps, n, rows, size);
        return 1;
    }
    if (!is_turned(exchanged(to_steps), exchanged(from_steps), size)) return 0;
    turn(to, exchanged(to_steps), from, exchanged(from_steps), rows, n, size);
    return 1;
}
#else
static int copy_turned(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                       size_t n, size_t rows, size_t size) {
    (void)to, (void)to_steps, (void)from, (void)from_steps, (void)n, (void)rows, (void)size;
    return 0;
}
#endif

enum { LINE = 64 };

/* 1: done. Rows that are one line of the cache each: a loop over their items would cost as much
 * again as they do. */
static int copy_lines(char *restrict to, elufast_steps to_steps, const char *restrict from,
                      elufast_steps from_steps, size_t n, size_t rows, size_t size) {
    const ptrdiff_t step = (ptrdiff_t)size;
    if (n * size != LINE || to_steps.step != step || from_steps.step != step) return 0;
    for (; rows > 0; rows--, to += to_steps.row_step, from += from_steps.row_step) {
        memcpy(to, from, LINE);
    }
    return 1;
}

/* Items of any size, longdouble's for one; reversed byte by byte if they are to be swapped. */
static void move_any(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                     size_t n, size_t rows, size_t size, int is_swapped) {
    for (size_t row = 0; row < rows; row++) {
        char *target = to + to_steps.row_step * (ptrdiff_t)row;
        const char *source = from + from_steps.row_step * (ptrdiff_t)row;
        for (size_t i = 0; i < n; i++, target += to_steps.step, source += from_steps.step) {
            for (size_t byte = 0; byte < size; byte++) {
                target[byte] = source[is_swapped ? size - 1 - byte : byte];
            }
        }
    }
}

static void copy(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                 size_t n, size_t rows, size_t size) {
    if (copy_lines(to, to_steps, from, from_steps, n, rows, size) ||
        copy_turned(to, to_steps, from, from_steps, n, rows, size)) {
        return;
    }
    switch (size) {
        case 1:
            copy_8(to, to_steps, from, from_steps, n, rows);
            break;
        case 2:
            copy_16(to, to_steps, from, from_steps, n, rows);
            break;
        case 4:
            copy_32(to, to_steps, from, from_steps, n, rows);
            break;
        case 8:
            copy_64(to, to_steps, from, from_steps, n, rows);
            break;
        default:
            move_any(to, to_steps, from, from_steps, n, rows, size, 0);
    }
}

static void swap(char *to, elufast_steps to_steps, const char *from, elufast_steps from_steps,
                 size_t n, size_t rows, size_t size) {
    switch (size) {
        case 2:
            swap_16(to, to_steps, from, from_steps, n, rows);
            break;
        case 4:
            swap_32(to, to_steps, from, from_steps, n, rows);
            break;
        case 8:
            swap_64(to, to_steps, from, from_steps, n, rows);
            break;
        default:
            move_any(to, to_steps, from, from_steps, n, rows, size, 1);
    }
}

/* ---- the table ---- */

#define FROM_ANY(name)                \
    {[ELUFAST_F32] = f32_from_##name, \
     [ELUFAST_F64] = f64_from_##name, \
     [ELUFAST_LONG] = long_from_##name}

extern const elufast_moves ELUFAST_MOVES;
const elufast_moves ELUFAST_MOVES = {
    .look_up = {[ELUFAST_BOOL] = elufast_look_up_bool,
                [ELUFAST_I8] = elufast_look_up_i8,
                [ELUFAST_U8] = elufast_look_up_u8,
                [ELUFAST_I16] = elufast_look_up_i16,
                [ELUFAST_U16] = elufast_look_up_u16,
                [ELUFAST_I32] = elufast_look_up_i32,
                [ELUFAST_U32] = elufast_look_up_u32,
                [ELUFAST_I64] = elufast_look_up_i64,
                [ELUFAST_U64] = elufast_look_up_u64},
    .looks_up_past_caches = ELUFAST_LOOKS_UP_PAST_CACHES,
    .convert =
        {
            [ELUFAST_BOOL] = FROM_ANY(bool),
            [ELUFAST_I8] = FROM_ANY(i8),
            [ELUFAST_U8] = FROM_ANY(u8),
            [ELUFAST_I16] = FROM_ANY(i16),
            [ELUFAST_U16] = FROM_ANY(u16),
            [ELUFAST_I32] = FROM_ANY(i32),
            [ELUFAST_U32] = FROM_ANY(u32),
            [ELUFAST_I64] = FROM_ANY(i64),
            [ELUFAST_U64] = FROM_ANY(u64),
            [ELUFAST_F16] = FROM_ANY(f16),
            [ELUFAST_BF16] = FROM_ANY(bf16),
            [ELUFAST_F32] = {[ELUFAST_F16] = f16_from_f32,
                             [ELUFAST_BF16] = bf16_from_f32,
                             [ELUFAST_F64] = f64_from_f32,
                             [ELUFAST_LONG] = long_from_f32},
            [ELUFAST_F64] = {[ELUFAST_F32] = f32_from_f64, [ELUFAST_LONG] = long_from_f64},
            [ELUFAST_LONG] = {[ELUFAST_F32] = f32_from_long, [ELUFAST_F64] = f64_from_long},
        },
    .copy = copy,
    .swap = swap,
};
