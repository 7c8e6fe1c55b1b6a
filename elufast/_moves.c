/* Compiled once for each instruction set; ELUFAST_MOVES names the table that this time makes. */
#include "_moves.h"

#include <stdint.h>
#include <string.h>

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
CONVERTER(f64_from_f32, float, double, from[i])
CONVERTER(long_from_f32, float, long double, from[i])
CONVERTER(f32_from_f64, double, float, from[i])
CONVERTER(long_from_f64, double, long double, from[i])
CONVERTER(f32_from_long, long double, float, from[i])
CONVERTER(f64_from_long, long double, double, from[i])
CONVERTER(f16_from_f32, float, elufast_f16, elufast_f16_from_f32(from[i]))

/* ---- strides ---- */

static inline uint8_t swapped_8(uint8_t x) { return x; }
static inline uint16_t swapped_16(uint16_t x) { return (uint16_t)(x << 8 | x >> 8); }
static inline uint32_t swapped_32(uint32_t x) {
    return x << 24 | (x & 0xFF00u) << 8 | (x >> 8 & 0xFF00u) | x >> 24;
}
static inline uint64_t swapped_64(uint64_t x) {
    return (uint64_t)swapped_32((uint32_t)x) << 32 | swapped_32((uint32_t)(x >> 32));
}

#define SAME(x) (x)

/* Loops of their own for packed items and for one repeated item: with constant steps the compiler
 * vectorises them. memcpy, because nothing says that the items are aligned. */
#define MOVE(type, change)                                                     \
    {                                                                          \
        const ptrdiff_t size = sizeof(type);                                   \
        type item;                                                             \
        if (to_step == size && from_step == size) {                            \
            for (size_t i = 0; i < n; i++) {                                   \
                memcpy(&item, from + i * sizeof(type), sizeof(type));          \
                item = change(item);                                           \
                memcpy(to + i * sizeof(type), &item, sizeof(type));            \
            }                                                                  \
        } else if (to_step == size && from_step == 0 && n > 0) {               \
            memcpy(&item, from, sizeof(type));                                 \
            item = change(item);                                               \
            for (size_t i = 0; i < n; i++) {                                   \
                memcpy(to + i * sizeof(type), &item, sizeof(type));            \
            }                                                                  \
        } else {                                                               \
            for (size_t i = 0; i < n; i++, to += to_step, from += from_step) { \
                memcpy(&item, from, sizeof(type));                             \
                item = change(item);                                           \
                memcpy(to, &item, sizeof(type));                               \
            }                                                                  \
        }                                                                      \
        return;                                                                \
    }

static void copy(char *restrict to, ptrdiff_t to_step, const char *restrict from,
                 ptrdiff_t from_step, size_t n, size_t size) {
    if (to_step == (ptrdiff_t)size && from_step == to_step) {
        memcpy(to, from, n * size);
        return;
    }
    switch (size) {
        case 1:
            MOVE(uint8_t, SAME)
        case 2:
            MOVE(uint16_t, SAME)
        case 4:
            MOVE(uint32_t, SAME)
        case 8:
            MOVE(uint64_t, SAME)
        default:
            for (size_t i = 0; i < n; i++, to += to_step, from += from_step) {
                memcpy(to, from, size);
            }
    }
}

static void swap(char *restrict to, ptrdiff_t to_step, const char *restrict from,
                 ptrdiff_t from_step, size_t n, size_t size) {
    switch (size) {
        case 1:
            MOVE(uint8_t, swapped_8)
        case 2:
            MOVE(uint16_t, swapped_16)
        case 4:
            MOVE(uint32_t, swapped_32)
        case 8:
            MOVE(uint64_t, swapped_64)
        default:
            for (size_t i = 0; i < n; i++, to += to_step, from += from_step) {
                for (size_t byte = 0; byte < size; byte++) to[byte] = from[size - 1 - byte];
            }
    }
}

/* ---- the table ---- */

#define FROM_ANY(name)                \
    {[ELUFAST_F32] = f32_from_##name, \
     [ELUFAST_F64] = f64_from_##name, \
     [ELUFAST_LONG] = long_from_##name}

extern const elufast_moves ELUFAST_MOVES;
const elufast_moves ELUFAST_MOVES = {
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
            [ELUFAST_F32] = {[ELUFAST_F16] = f16_from_f32,
                             [ELUFAST_F64] = f64_from_f32,
                             [ELUFAST_LONG] = long_from_f32},
            [ELUFAST_F64] = {[ELUFAST_F32] = f32_from_f64, [ELUFAST_LONG] = long_from_f64},
            [ELUFAST_LONG] = {[ELUFAST_F32] = f32_from_long, [ELUFAST_F64] = f64_from_long},
        },
    .copy = copy,
    .swap = swap,
};
