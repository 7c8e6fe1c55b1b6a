/* float16 as its 16 bits, converted in the integers and by exact multiplications: rounded to
 * nearest even, subnormals kept, and overflow raised by the multiplication that overflows. A GPU
 * has instructions that do the same, but for the flag. */
#ifndef ELUFAST_HALF_H
#define ELUFAST_HALF_H

#include "elufast/config.h"

typedef unsigned short elufast_f16;

#ifdef ELUFAST_CUDA
ELUFAST_FN float elufast_f32_from_f16(elufast_f16 half) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(half));
    return x;
}

ELUFAST_FN elufast_f16 elufast_f16_from_f32(float x) {
    elufast_f16 half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(x));
    return half;
}
#else
ELUFAST_FN float elufast_f32_from_f16(elufast_f16 half) {
    elufast_i32 magnitude = (elufast_i32)(half & 0x7FFF) << 13;
    elufast_i32 sign = (elufast_i32)((elufast_u32)(half & 0x8000) << 16);
    int is_special = magnitude >= 0x0F800000; /* inf or NaN */
    /* 2^112 moves the exponent from float16's bias to float's, for subnormals too. */
    float finite = elufast_from_bits_f32(is_special ? 0 : magnitude) * 0x1p112f;
    elufast_i32 bits = is_special ? (magnitude | 0x7F800000) : elufast_bits_f32(finite);
    return elufast_from_bits_f32(bits | sign);
}

ELUFAST_FN elufast_f16 elufast_f16_from_f32(float x) {
    elufast_i32 bits = elufast_bits_f32(x), magnitude = bits & 0x7FFFFFFF;
    int is_nan = magnitude > 0x7F800000;
    int is_subnormal = magnitude < 0x38800000; /* below 2^-14 */
    /* To 11 bits, ties to even; then times 2^112, so that what is too large for float16 is too
     * large for float: 16 binades short of the end for 5 bits of exponent instead of 8. */
    elufast_i32 odd = (magnitude >> 13) & 1;
    elufast_i32 rounded = (magnitude + 0x0FFF + odd) & ~0x1FFF;
    float lifted = elufast_from_bits_f32(is_nan | is_subnormal ? 0x38800000 : rounded) * 0x1p112f;
    elufast_i32 normal = (elufast_bits_f32(lifted) >> 13) - (224 << 10);
    /* Adding 0.5 leaves the multiple of 2^-24 in the low bits. */
    float shifted = elufast_from_bits_f32(is_subnormal ? magnitude : 0) + 0.5f;
    elufast_i32 subnormal = elufast_bits_f32(shifted) - elufast_bits_f32(0.5f);
    elufast_i32 half = is_subnormal ? subnormal : normal;
    half = is_nan ? 0x7E00 : half;
    return (elufast_f16)(half | (elufast_i32)((elufast_u32)bits >> 16 & 0x8000));
}
#endif

#endif
