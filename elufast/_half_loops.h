/* How _kernels.inc walks arrays of float16: as many elements at a time as a register holds floats
 * are widened, computed in float, and rounded back. The small arrays below exist in the source
 * alone: the loop over them becomes straight-line code, and they become registers. */
#ifndef ELUFAST_HALF_LOOPS_H
#define ELUFAST_HALF_LOOPS_H

#include "_kernels.h"
#include "elufast/half.h"

typedef elufast_f16 half_item ELUFAST_ANYWHERE;

#if defined(__F16C__)
#include <immintrin.h>
#elif defined(ELUFAST_NEON)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
enum { HALF_LANES = 16 };
static inline void half_load(const half_item *half, float *x) {
    _mm512_storeu_ps(x, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)half)));
}
static inline void half_store(const float *x, half_item *half) {
    __m256i bits = _mm512_cvtps_ph(_mm512_loadu_ps(x), _MM_FROUND_TO_NEAREST_INT);
    _mm256_storeu_si256((__m256i *)half, bits);
}
#elif defined(__F16C__)
enum { HALF_LANES = 8 };
static inline void half_load(const half_item *half, float *x) {
    _mm256_storeu_ps(x, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)half)));
}
static inline void half_store(const float *x, half_item *half) {
    __m128i bits = _mm256_cvtps_ph(_mm256_loadu_ps(x), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)half, bits);
}
#elif defined(ELUFAST_NEON)
/* Two registers of floats, for 16 bytes of float16; FPCR as a process starts with it rounds to
 * nearest even and keeps subnormals. */
enum { HALF_LANES = 8 };
static inline void half_load(const half_item *half, float *x) {
    float16x8_t both = vreinterpretq_f16_u16(vld1q_u16(half));
    vst1q_f32(x, vcvt_f32_f16(vget_low_f16(both)));
    vst1q_f32(x + 4, vcvt_high_f32_f16(both));
}
static inline void half_store(const float *x, half_item *half) {
    float16x4_t low = vcvt_f16_f32(vld1q_f32(x));
    vst1q_u16(half, vreinterpretq_u16_f16(vcvt_high_f16_f32(low, vld1q_f32(x + 4))));
}
#else
enum { HALF_LANES = 8 };
static inline void half_load(const half_item *half, float *x) {
    for (int j = 0; j < HALF_LANES; j++) x[j] = elufast_f32_from_f16(half[j]);
}
static inline void half_store(const float *x, half_item *half) {
    for (int j = 0; j < HALF_LANES; j++) half[j] = elufast_f16_from_f32(x[j]);
}
#endif

typedef struct {
    int data, parameters, out;
} half_operands;

/* Fewer elements than lanes: filled up with the last one, which can raise no flag of its own. */
static void half_rest(elufast_kernel *kernel, half_operands operands, const char *const *data,
                      const char *const *parameters, char *const *out, size_t start, size_t n) {
    elufast_f16 padded[ELUFAST_MAX_OPERANDS][HALF_LANES];
    char *at[ELUFAST_MAX_OPERANDS];
    for (int k = 0; k < operands.data + operands.parameters; k++) {
        const char *from = k < operands.data ? data[k] : parameters[k - operands.data];
        for (size_t j = 0; j < HALF_LANES; j++) {
            padded[k][j] = ((const half_item *)from)[start + (j < n ? j : n - 1)];
        }
        at[k] = (char *)padded[k];
    }
    char *results[ELUFAST_MAX_OUT] = {NULL};
    for (int k = 0; k < operands.out; k++) {
        results[k] = (char *)padded[operands.data + operands.parameters + k];
    }
    const char *const *given =
        operands.parameters ? (const char *const *)at + operands.data : parameters;
    kernel((const char *const *)at, given, results, HALF_LANES);
    for (int k = 0; k < operands.out; k++) {
        memcpy((half_item *)out[k] + start, results[k], n * sizeof(elufast_f16));
    }
}

/* A default as it is when rounded to 11 bits (Veltkamp): a float16 loop's parameters are float16
 * numbers. The compiler folds it. */
#define ELUFAST_SPLITTER 4398046511105.0 /* 2^42 + 1 */
#define ELUFAST_AS_HALF(value) \
    ((float)((value) * ELUFAST_SPLITTER - ((value) * ELUFAST_SPLITTER - (value))))

#define ELUFAST_BEGIN(kernel, family, shape, variant)                                              \
    const size_t whole = n - n % HALF_LANES;                                                       \
    if (whole < n) {                                                                               \
        const half_operands operands = {                                                           \
            ELUFAST_DATA_##shape,                                                                  \
            ((variant) == ELUFAST_VARIANT_array) * (0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT)), \
            ELUFAST_OUT_##shape};                                                                  \
        half_rest(kernel, operands, data, parameters, out, whole, n - whole);                      \
    }
#define ELUFAST_LOAD_SCALAR(name, value) \
    const float name = elufast_f32_from_f16(*(const half_item *)*parameters++);
#define ELUFAST_LOAD_ARRAY(name, value) \
    const half_item *name##_array = (const half_item *)*parameters++;
#define ELUFAST_WIDEN(name, value) \
    float name[HALF_LANES];        \
    half_load(name##_array + i, name);
#define ELUFAST_PASS_SCALAR(name, value) , name
#define ELUFAST_PASS_ARRAY(name, value) , name[j]
#define ELUFAST_PASS_LITERAL(name, value) , ELUFAST_AS_HALF(value)

#define ELUFAST_LOOP_MAP(formula, widen, ...)                                 \
    for (size_t i = 0; i < whole; i += HALF_LANES) {                          \
        float x[HALF_LANES], y[HALF_LANES];                                   \
        half_load((const half_item *)data[0] + i, x);                         \
        widen ELUFAST_INDEPENDENT for (int j = 0; j < HALF_LANES; j++) y[j] = \
            formula(x[j] __VA_ARGS__);                                        \
        half_store(y, (half_item *)out[0] + i);                               \
    }

#define ELUFAST_LOOP_MAP_PAIR(formula, widen, ...)                       \
    for (size_t i = 0; i < whole; i += HALF_LANES) {                     \
        float x[HALF_LANES], y[HALF_LANES], dydx[HALF_LANES];            \
        half_load((const half_item *)data[0] + i, x);                    \
        widen ELUFAST_INDEPENDENT for (int j = 0; j < HALF_LANES; j++) { \
            elufast_pair_f32 both = formula(x[j] __VA_ARGS__);           \
            y[j] = both.y;                                               \
            dydx[j] = both.dydx;                                         \
        }                                                                \
        half_store(y, (half_item *)out[0] + i);                          \
        half_store(dydx, (half_item *)out[1] + i);                       \
    }

#define ELUFAST_LOOP_BACKWARD(formula, widen, ...)                             \
    for (size_t i = 0; i < whole; i += HALF_LANES) {                           \
        float grad[HALF_LANES], x[HALF_LANES], dx[HALF_LANES];                 \
        half_load((const half_item *)data[0] + i, grad);                       \
        half_load((const half_item *)data[1] + i, x);                          \
        widen ELUFAST_INDEPENDENT for (int j = 0; j < HALF_LANES; j++) dx[j] = \
            formula(grad[j], x[j] __VA_ARGS__);                                \
        half_store(dx, (half_item *)out[0] + i);                               \
    }

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#endif
