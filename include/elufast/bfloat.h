/* bfloat16 as its 16 bits, the upper half of a float: rounded to nearest even, subnormals kept.
 * (The instructions of AVX512_BF16 flush subnormals.) */
#ifndef ELUFAST_BFLOAT_H
#define ELUFAST_BFLOAT_H

#include "elufast/config.h"

typedef unsigned short elufast_bf16;

ELUFAST_FN float elufast_f32_from_bf16(elufast_bf16 x) {
    return elufast_from_bits_f32((elufast_i32)((elufast_u32)x << 16));
}

/* Of two in one word, the one in the lower half and the one in the upper half. */
ELUFAST_FN float elufast_lower_bf16(elufast_u32 pair) {
    return elufast_from_bits_f32((elufast_i32)(pair << 16));
}
ELUFAST_FN float elufast_upper_bf16(elufast_u32 pair) {
    return elufast_from_bits_f32((elufast_i32)(pair & 0xFFFF0000u));
}

/* The result is the upper half of these bits. Not for a NaN with bits in its lower half, which may
 * be rounded to anything; no operation on numbers that were bfloat16 gives one. */
ELUFAST_FN elufast_u32 elufast_rounded_bf16(float x) {
    elufast_u32 bits = (elufast_u32)elufast_bits_f32(x);
    return bits + (0x7FFFu + (bits >> 16 & 1u));
}

/* For a finite number that is rounded to infinity at least ELUFAST_BF16_OVERFLOW, else less. */
ELUFAST_FN elufast_u32 elufast_excess_bf16(float x) {
    return 2u * (elufast_u32)elufast_bits_f32(x) + 0x01000000u;
}
#define ELUFAST_BF16_OVERFLOW 0xFFFF0000u

/* Raises no flag where it overflows. (The GPU's instruction keeps subnormals.) */
ELUFAST_FN elufast_bf16 elufast_bf16_from_f32(float x) {
#if defined(ELUFAST_CUDA) && __CUDA_ARCH__ >= 800
    elufast_bf16 result;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result) : "f"(x));
    return result;
#else
    elufast_bf16 rounded = (elufast_bf16)(elufast_rounded_bf16(x) >> 16);
    int is_nan = (elufast_bits_f32(x) & 0x7FFFFFFF) > 0x7F800000;
    return is_nan ? (elufast_bf16)0x7FC0 : rounded;
#endif
}

#endif
