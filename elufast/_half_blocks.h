/* A float16 loop made from a _half loop over floats: blocks are widened, computed, rounded back. */
#ifndef ELUFAST_HALF_BLOCKS_H
#define ELUFAST_HALF_BLOCKS_H

#include "_kernels.h"
#include "elufast/half.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

enum { HALF_BLOCK = 512 };

typedef struct {
    int data, parameters, out;
} half_operands;

static inline void floats_from_halves(const elufast_f16 *half, float *x, size_t n) {
    size_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(x + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(half + i))));
    }
#endif
    for (; i < n; i++) x[i] = elufast_f32_from_f16(half[i]);
}

static inline void halves_from_floats(const float *x, elufast_f16 *half, size_t n) {
    size_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= n; i += 8) {
        __m128i bits = _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT);
        _mm_storeu_si128((__m128i *)(half + i), bits);
    }
#endif
    for (; i < n; i++) half[i] = elufast_f16_from_f32(x[i]);
}

/* The parameters are one number each where `is_scalar`, else arrays as long as the data. */
static inline void half_blocks(elufast_kernel *kernel, half_operands operands, int is_scalar,
                               const char *const *data, const char *const *parameters,
                               char *const *out, size_t n) {
    float data_block[ELUFAST_MAX_DATA][HALF_BLOCK], out_block[ELUFAST_MAX_OUT][HALF_BLOCK];
    float parameter_block[ELUFAST_MAX_PARAMETERS][HALF_BLOCK];
    const char *data_pointer[] = {(const char *)data_block[0], (const char *)data_block[1]};
    const char *parameter_pointer[] = {(const char *)parameter_block[0],
                                       (const char *)parameter_block[1]};
    char *out_pointer[] = {(char *)out_block[0], (char *)out_block[1]};
    for (int k = 0; k < operands.parameters && is_scalar; k++) {
        floats_from_halves((const elufast_f16 *)parameters[k], parameter_block[k], 1);
    }
    for (size_t i = 0; i < n; i += HALF_BLOCK) {
        size_t count = n - i < HALF_BLOCK ? n - i : HALF_BLOCK;
        for (int k = 0; k < operands.data; k++) {
            floats_from_halves((const elufast_f16 *)data[k] + i, data_block[k], count);
        }
        for (int k = 0; k < operands.parameters && !is_scalar; k++) {
            floats_from_halves((const elufast_f16 *)parameters[k] + i, parameter_block[k], count);
        }
        kernel(data_pointer, parameter_pointer, out_pointer, count);
        for (int k = 0; k < operands.out; k++) {
            halves_from_floats(out_block[k], (elufast_f16 *)out[k] + i, count);
        }
    }
}

#endif
