/* The loops, compiled once for each instruction set; ELUFAST_TABLE names the table that this time
 * makes. Nothing here knows Python. */
#include "_kernels.h"
#include "_half_blocks.h"
#include "elufast/activations.h"

#if defined(__clang__)
#define ELUFAST_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define ELUFAST_INDEPENDENT _Pragma("GCC ivdep")
#else
#define ELUFAST_INDEPENDENT
#endif

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#include "_kernels.inc"

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_half
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#include "_kernels.inc"

/* Scalar in any case: clang warns where a loop that is asked for cannot be vectorised. */
#undef ELUFAST_INDEPENDENT
#define ELUFAST_INDEPENDENT

#define ELUFAST_REAL long double
#define ELUFAST_F(name) name##_ld
#include "_kernels.inc"

/* float16 is computed a block at a time by the _half loops, which take and give float, rounded to
 * odd where they will be rounded again: the block stays in the first-level cache. The parameters
 * too are float16 numbers. */
#define ELUFAST_FUNCTION(name, family, shape)                                                     \
    static const half_operands name##_operands = {                                                \
        ELUFAST_DATA_##shape, 0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT), ELUFAST_OUT_##shape}; \
    static void name##_scalar_f16(const char *const *data, const char *const *parameters,         \
                                  char *const *out, size_t n) {                                   \
        half_blocks(name##_scalar_half, name##_operands, 1, data, parameters, out, n);            \
    }                                                                                             \
    static void name##_array_f16(const char *const *data, const char *const *parameters,          \
                                 char *const *out, size_t n) {                                    \
        half_blocks(name##_array_half, name##_operands, 0, data, parameters, out, n);             \
    }                                                                                             \
    static void name##_ones_f16(const char *const *data, const char *const *parameters,           \
                                char *const *out, size_t n) {                                     \
        half_operands operands = name##_operands;                                                 \
        operands.parameters = 0;                                                                  \
        half_blocks(name##_defaults_half, operands, 1, data, parameters, out, n);                 \
    }
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* A default of 1 is the same number in float16; SELU's are not, so they count as any scalars there.
 */
#define ELUFAST_IS_NOT_1(name, value) +((value) != 1.0)
#define ELUFAST_HALF_DEFAULTS(name, family) \
    (0 ELUFAST_PARAMETERS_##family(ELUFAST_IS_NOT_1)) ? NULL : name##_ones_f16

extern elufast_kernel_table ELUFAST_TABLE;
elufast_kernel_table ELUFAST_TABLE = {
#define ELUFAST_FUNCTION(name, family, shape)                                    \
    {{ELUFAST_HALF_DEFAULTS(name, family), name##_scalar_f16, name##_array_f16}, \
     {name##_defaults_f32, name##_scalar_f32, name##_array_f32},                 \
     {name##_defaults_f64, name##_scalar_f64, name##_array_f64},                 \
     {name##_defaults_ld, name##_scalar_ld, name##_array_ld}},
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
