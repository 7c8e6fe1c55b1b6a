/* The loops, compiled once for each instruction set; ELUFAST_TABLE names the table that this time
 * makes. Nothing here knows Python. */
#define ELUFAST_STORAGE static
#include "_ordinary.h"
#include "elufast/activations.h"

#include "_plain_loops.h"

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) name##_f32
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#define ELUFAST_KERNEL_NAME(name) name##_f64
#include "_kernels.inc"

/* Scalar in any case: clang warns where a loop that is asked for cannot be vectorised. */
#undef ELUFAST_INDEPENDENT
#define ELUFAST_INDEPENDENT

#define ELUFAST_REAL long double
#define ELUFAST_F(name) name##_ld
#define ELUFAST_KERNEL_NAME(name) name##_ld
#include "_kernels.inc"

ELUFAST_ARE_ORDINARY(are_ordinary_f32, uint32_t, 0x3B800000u, 0x43800000u)
ELUFAST_ARE_ORDINARY(are_ordinary_f64, uint64_t, 0x3F70000000000000u, 0x4070000000000000u)

#define ELUFAST_CHOICE(name, variant, family, shape, type, item, choose)                          \
    static void name##_chosen_##variant##_##type(                                                 \
        const char *const *data, const char *const *parameters, char *const *out, size_t n) {     \
        static const elufast_choice choice = {name##_##variant##_##type,                          \
                                              ELUFAST_ORDINARY_KERNEL(name##_##variant##_##type), \
                                              are_ordinary_##type,                                \
                                              ELUFAST_DATA_##shape,                               \
                                              0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT),       \
                                              ELUFAST_OUT_##shape,                                \
                                              ELUFAST_HAS_ONE_WAY(name),                          \
                                              sizeof(item)};                                      \
        choose;                                                                                   \
    }
#define ELUFAST_CHOICES(name, family, shape, type, item)                 \
    ELUFAST_CHOICE(name, scalar, family, shape, type, item,              \
                   elufast_choose(&choice, data, parameters, out, n, 1)) \
    ELUFAST_CHOICE(name, array, family, shape, type, item,               \
                   elufast_choose_by_parts(&choice, data, parameters, out, n))
#define ELUFAST_FUNCTION(name, family, shape)        \
    ELUFAST_CHOICES(name, family, shape, f32, float) \
    ELUFAST_CHOICES(name, family, shape, f64, double)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_DECLARE(ELUFAST_HALF, name)       \
    ELUFAST_DECLARE(ELUFAST_BFLOAT, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

extern elufast_kernel_table ELUFAST_TABLE;
elufast_kernel_table ELUFAST_TABLE = {
#define ELUFAST_OWN(name, type) {name##_defaults_##type, name##_scalar_##type, name##_array_##type}
#define ELUFAST_CHOSEN(name, type) \
    {name##_defaults_##type, name##_chosen_scalar_##type, name##_chosen_array_##type}
#define ELUFAST_OTHER(name, kernel) \
    {kernel(name##_defaults), kernel(name##_scalar), kernel(name##_array)}
#define ELUFAST_FUNCTION(name, family, shape)                                                 \
    {ELUFAST_OTHER(name, ELUFAST_HALF), ELUFAST_CHOSEN(name, f32), ELUFAST_CHOSEN(name, f64), \
     ELUFAST_OWN(name, ld), ELUFAST_OTHER(name, ELUFAST_BFLOAT)},
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
