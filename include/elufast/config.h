/* What differs between a C or C++ compiler and NVRTC, and nothing else: how a function is
 * declared, the widths of integers, the bits of a float, and the fused multiply-add. */
#ifndef ELUFAST_CONFIG_H
#define ELUFAST_CONFIG_H

#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define ELUFAST_CUDA 1
#define ELUFAST_FN static __device__ __forceinline__
#define ELUFAST_GLOBAL extern "C" __global__ void
#define ELUFAST_UNROLL _Pragma("unroll")
#define ELUFAST_ROLLED _Pragma("unroll 1")
#define ELUFAST_ALIGNED(bytes) __align__(bytes)
typedef int elufast_i32;
typedef unsigned int elufast_u32;
typedef long long elufast_i64;
typedef unsigned long long elufast_u64;
#else
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
/* Always inlined, or a loop over the larger formulas would call them and stay scalar. */
#if defined(__GNUC__)
#define ELUFAST_FN static inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define ELUFAST_FN static __forceinline
#else
#define ELUFAST_FN static inline
#endif
typedef int32_t elufast_i32;
typedef uint32_t elufast_u32;
typedef int64_t elufast_i64;
typedef uint64_t elufast_u64;
#endif

/* On a struct of two numbers: clang packs two floats that a function returns into one register, as
 * x86-64 has it, also when it inlines the function, and then leaves the loop around it scalar. A
 * struct of more than 16 bytes is returned in memory, of which inlining leaves nothing. */
#if defined(__clang__) && defined(__x86_64__) && !defined(ELUFAST_CUDA)
#define ELUFAST_UNPACKED __attribute__((aligned(32)))
#else
#define ELUFAST_UNPACKED
#endif

/* The error terms of the formulas need every result rounded to its own type. */
#if defined(FLT_EVAL_METHOD) && (FLT_EVAL_METHOD == 1 || FLT_EVAL_METHOD == 2)
#error "elufast needs float and double arithmetic without excess precision (-mfpmath=sse, say)"
#endif

/* Whether fma(a, b, c) is one instruction. Where it is, every instruction set gives the same bits.
 */
#if defined(ELUFAST_CUDA) || defined(__FMA__) || defined(__ARM_FEATURE_FMA) || \
    defined(__aarch64__) || defined(_M_ARM64)
#define ELUFAST_HAVE_FMA 1
#else
#define ELUFAST_HAVE_FMA 0
#endif

/* Whether the compiler can tell that a value is a literal after inlining (used for speed alone: the
 * result is the same bits either way). NVRTC cannot say, so who compiles nothing but calls with
 * literals defines ELUFAST_ALL_LITERALS. */
#if defined(ELUFAST_ALL_LITERALS)
#define ELUFAST_IS_LITERAL(x) 1
#elif defined(__GNUC__) && !defined(ELUFAST_CUDA)
#define ELUFAST_IS_LITERAL(x) __builtin_constant_p(x)
#else
#define ELUFAST_IS_LITERAL(x) 0
#endif

/* Whether a select is one operation that any unit does (used for speed alone): elsewhere it may
 * take a multiplier's place, or is three operations. */
#ifdef __AVX512F__
#define ELUFAST_HAS_MASKS 1
#else
#define ELUFAST_HAS_MASKS 0
#endif

ELUFAST_FN elufast_i32 elufast_bits_f32(float x) {
#ifdef ELUFAST_CUDA
    return __float_as_int(x);
#else
    elufast_i32 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}

ELUFAST_FN float elufast_from_bits_f32(elufast_i32 bits) {
#ifdef ELUFAST_CUDA
    return __int_as_float(bits);
#else
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
#endif
}

ELUFAST_FN elufast_i64 elufast_bits_f64(double x) {
#ifdef ELUFAST_CUDA
    return __double_as_longlong(x);
#else
    elufast_i64 bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
#endif
}

ELUFAST_FN double elufast_from_bits_f64(elufast_i64 bits) {
#ifdef ELUFAST_CUDA
    return __longlong_as_double(bits);
#else
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
#endif
}

/* fma: the exact product enters the sum, also where the machine has no such instruction.
 * muladd: fused where that is free; elsewhere two roundings, for the steps that can bear it. */
#if ELUFAST_HAVE_FMA
ELUFAST_FN float elufast_fma_f32(float a, float b, float c) { return fmaf(a, b, c); }
ELUFAST_FN double elufast_fma_f64(double a, double b, double c) { return fma(a, b, c); }
ELUFAST_FN float elufast_muladd_f32(float a, float b, float c) { return fmaf(a, b, c); }
ELUFAST_FN double elufast_muladd_f64(double a, double b, double c) { return fma(a, b, c); }
#else
/* The product is exact in double; the sum is rounded twice, which differs from fma in one case of
 * some 2^29. A libm call would keep the loop from being vectorised. */
ELUFAST_FN float elufast_fma_f32(float a, float b, float c) {
    return (float)((double)a * (double)b + (double)c);
}
ELUFAST_FN float elufast_muladd_f32(float a, float b, float c) { return a * b + c; }
ELUFAST_FN double elufast_muladd_f64(double a, double b, double c) { return a * b + c; }

/* The upper 26 bits of the significand: cut off in the integers, so that nothing overflows as it
 * would with Veltkamp's multiplication by 2^27 + 1. */
ELUFAST_FN double elufast_upper_half_f64(double x) {
    return elufast_from_bits_f64(elufast_bits_f64(x) & ~(elufast_i64)0x7FFFFFF);
}

/* Dekker's product and Knuth's sum. An infinity or NaN would turn the error terms into NaN with an
 * invalid flag, so those terms are computed from zeros then. */
ELUFAST_FN double elufast_fma_f64(double a, double b, double c) {
    double product = a * b;
    double sum = product + c;
    int finite = (elufast_bits_f64(sum) & 0x7FF0000000000000) != 0x7FF0000000000000 &&
                 (elufast_bits_f64(product) & 0x7FF0000000000000) != 0x7FF0000000000000;
    double a_ok = finite ? a : 0.0, b_ok = finite ? b : 0.0, c_ok = finite ? c : 0.0;
    double p = finite ? product : 0.0, s = finite ? sum : 0.0;
    double a_hi = elufast_upper_half_f64(a_ok), a_lo = a_ok - a_hi;
    double b_hi = elufast_upper_half_f64(b_ok), b_lo = b_ok - b_hi;
    double product_error = a_hi * b_hi - p;
    product_error += a_hi * b_lo;
    product_error += a_lo * b_hi;
    product_error += a_lo * b_lo;
    /* Among the subnormal numbers and just above, the products of halves are rounded themselves;
     * and a product alone is right as it is. */
    int is_exact = (elufast_bits_f64(p) & 0x7FF0000000000000) > (elufast_i64)4 << 52;
    is_exact &= (elufast_bits_f64(c_ok) << 1) != 0;
    product_error = elufast_from_bits_f64(elufast_bits_f64(product_error) & -(elufast_i64)is_exact);
    double c_part = s - p;
    double sum_error = (p - (s - c_part)) + (c_ok - c_part);
    /* A correction of 0 becomes -0, which leaves the sign of a sum of 0 alone. */
    elufast_i64 correction = elufast_bits_f64(sum_error + product_error);
    correction |= (elufast_i64)((elufast_u64)((correction << 1) == 0) << 63);
    return sum + elufast_from_bits_f64(correction);
}
#endif

/* What fma is for float and double; for long double, where fma is a slow call, the name for the few
 * places that cannot do without (real_ld.h). */
ELUFAST_FN float elufast_exact_fma_f32(float a, float b, float c) {
    return elufast_fma_f32(a, b, c);
}
ELUFAST_FN double elufast_exact_fma_f64(double a, double b, double c) {
    return elufast_fma_f64(a, b, c);
}

#endif
