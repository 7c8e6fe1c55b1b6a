/* The loops, compiled once for each instruction set; ELUFAST_TABLE names the table that this time
 * makes. Nothing here knows Python. */
#define ELUFAST_STORAGE static
#include "_moderate.h"
#include "_ordinary.h"
#include "elufast/activations.h"

#define ELUFAST_LANES_NAME(name) name
#include "_lane_loops.inc"

#include "_plain_loops.h"

/* Those that are not there in lanes. */
#define DEFAULTS(name) ELUFAST_NOT(ELUFAST_HAS_LANES(name))
#define DEFAULTS_BY_SEVERAL(name) ELUFAST_AND(DEFAULTS(name), ELUFAST_GAINS_BY_SEVERAL(name))
#define DEFAULTS_ONE_BY_ONE(name) \
    ELUFAST_AND(DEFAULTS(name), ELUFAST_NOT(ELUFAST_GAINS_BY_SEVERAL(name)))
#define GIVEN(name) ELUFAST_NOT(ELUFAST_AND(ELUFAST_HAS_OWN_LANES(name), ELUFAST_HAS_ONE_WAY(name)))
#define NONE(name) 0

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) name##_f32
#define ELUFAST_WANTS_defaults DEFAULTS_ONE_BY_ONE
#define ELUFAST_WANTS_scalar GIVEN
#define ELUFAST_WANTS_array GIVEN
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#define ELUFAST_KERNEL_NAME(name) name##_f64
#define ELUFAST_WANTS_defaults(name) \
    ELUFAST_AND(DEFAULTS(name), ELUFAST_NOT(ELUFAST_DOUBLES_GAIN_BY_SEVERAL))
#define ELUFAST_WANTS_scalar GIVEN
#define ELUFAST_WANTS_array GIVEN
#include "_kernels.inc"

#undef ELUFAST_SEVERAL
#define ELUFAST_SEVERAL(shape, ...) ELUFAST_SEVERAL_##shape(__VA_ARGS__)

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) name##_f32
#define ELUFAST_WANTS_defaults DEFAULTS_BY_SEVERAL
#define ELUFAST_WANTS_scalar NONE
#define ELUFAST_WANTS_array NONE
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#define ELUFAST_KERNEL_NAME(name) name##_f64
#define ELUFAST_WANTS_defaults(name) ELUFAST_AND(DEFAULTS(name), ELUFAST_DOUBLES_GAIN_BY_SEVERAL)
#define ELUFAST_WANTS_scalar NONE
#define ELUFAST_WANTS_array NONE
#include "_kernels.inc"

#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_DECLARE(ELUFAST_HALF, name)       \
    ELUFAST_DECLARE(ELUFAST_BFLOAT, name)     \
    ELUFAST_DECLARE(ELUFAST_LONG, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* 2^-8 and 2^8 in each type. */
ELUFAST_ARE_ORDINARY(are_ordinary_f16, uint16_t, 0x1C00, 0x5C00)
ELUFAST_ARE_ORDINARY(are_ordinary_bf16, uint16_t, 0x3B80, 0x4380)
ELUFAST_ARE_ORDINARY(are_ordinary_f32, uint32_t, 0x3B800000, 0x43800000)
ELUFAST_ARE_ORDINARY(are_ordinary_f64, uint64_t, 0x3F70000000000000, 0x4070000000000000)

#define ELUFAST_OWN_F32(name) name##_f32
#define ELUFAST_OWN_F64(name) name##_f64
#define ELUFAST_CHOICE(name, variant, family, shape, type, GENERAL, choose)                       \
    static void name##_chosen_##variant##_##type(                                                 \
        const char *const *data, const char *const *parameters, char *const *out, size_t n) {     \
        static const elufast_choice choice = {GENERAL(name##_##variant),                          \
                                              ELUFAST_ORDINARY_KERNEL(name##_##variant##_##type), \
                                              are_ordinary_##type,                                \
                                              ELUFAST_DATA_##shape,                               \
                                              0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT),       \
                                              ELUFAST_OUT_##shape,                                \
                                              ELUFAST_SIZE_##type};                               \
        choose;                                                                                   \
    }
#define ELUFAST_CHOICES_1(name, family, shape, type, GENERAL)
#define ELUFAST_CHOICES_0(name, family, shape, type, GENERAL)            \
    ELUFAST_CHOICE(name, scalar, family, shape, type, GENERAL,           \
                   elufast_choose(&choice, data, parameters, out, n, 1)) \
    ELUFAST_CHOICE(name, array, family, shape, type, GENERAL,            \
                   elufast_choose_by_parts(&choice, data, parameters, out, n))
#define ELUFAST_CHOICES(name, ...) \
    ELUFAST_JOIN(ELUFAST_CHOICES_, ELUFAST_HAS_ONE_WAY(name))(name, __VA_ARGS__)
#define ELUFAST_FUNCTION(name, family, shape)                  \
    ELUFAST_CHOICES(name, family, shape, f16, ELUFAST_HALF)    \
    ELUFAST_CHOICES(name, family, shape, bf16, ELUFAST_BFLOAT) \
    ELUFAST_CHOICES(name, family, shape, f32, ELUFAST_OWN_F32) \
    ELUFAST_CHOICES(name, family, shape, f64, ELUFAST_OWN_F64)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

#define ELUFAST_MODERATE_OR_GENERAL_0(name)
#define ELUFAST_MODERATE_OR_GENERAL_1(name)                                                        \
    static void name##_moderate_or_general(const char *const *data, const char *const *parameters, \
                                           char *const *out, size_t n) {                           \
        (void)parameters;                                                                          \
        elufast_moderate_or_general(name##_defaults_f32, ELUFAST_MODERATE_KERNEL(name), data, out, \
                                    n);                                                            \
    }
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_JOIN(ELUFAST_MODERATE_OR_GENERAL_, ELUFAST_HAS_MODERATE(name))(name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

/* The loop of a row with the defaults, for float and for double. */
#define ELUFAST_FLOAT_DEFAULTS_0(name) ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW(name), _defaults_f32)
#define ELUFAST_FLOAT_DEFAULTS_1(name) name##_moderate_or_general
#define ELUFAST_FLOAT_DEFAULTS(name) \
    ELUFAST_JOIN(ELUFAST_FLOAT_DEFAULTS_, ELUFAST_HAS_MODERATE(name))(name)
#define ELUFAST_DOUBLE_DEFAULTS(name) ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW(name), _defaults_f64)

/* Those of a row that read its data as they lie: placed, and turned. */
#define ELUFAST_DECLARE_PLACED(name)                                \
    extern elufast_placed_kernel ELUFAST_PLACED_KERNEL(name##_f32), \
        ELUFAST_PLACED_KERNEL(name##_f64);                          \
    extern elufast_turned_kernel ELUFAST_TURNED_KERNEL(name##_f32), \
        ELUFAST_TURNED_KERNEL(name##_f64);
#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_DECLARE_PLACED(name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
#define ELUFAST_AS_THEY_LIE_0(name, type) NULL, NULL
#define ELUFAST_AS_THEY_LIE_1(name, type)                                     \
    ELUFAST_PLACED_KERNEL(ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW(name), _##type)), \
        ELUFAST_TURNED_KERNEL(ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW(name), _##type))
#define ELUFAST_AS_THEY_LIE(name, type) \
    ELUFAST_JOIN(ELUFAST_AS_THEY_LIE_, ELUFAST_HAS_LANES(name))(name, type)

/* Those that go past the caches. */
#define ELUFAST_FUNCTION(name, family, shape)                            \
    ELUFAST_DECLARE_AS(elufast_past_kernel, ELUFAST_PAST_OF_FLOAT, name) \
    ELUFAST_DECLARE_AS(elufast_past_kernel, ELUFAST_PAST_OF_DOUBLE, name)
#define ELUFAST_PAST_OF_FLOAT(name) ELUFAST_PAST(name##_f32)
#define ELUFAST_PAST_OF_DOUBLE(name) ELUFAST_PAST(name##_f64)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
#define ELUFAST_PAST_GIVEN_0(name, type) NULL, NULL
#define ELUFAST_PAST_GIVEN_1(name, type) \
    ELUFAST_PAST(name##_scalar_##type), ELUFAST_PAST(name##_array_##type)
#define ELUFAST_NOT_PAST {NULL, NULL, NULL}
#define ELUFAST_PAST_0(name, type) ELUFAST_NOT_PAST
#define ELUFAST_PAST_1(name, type)                                             \
    {ELUFAST_PAST(ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW(name), _defaults_##type)), \
     ELUFAST_JOIN(ELUFAST_PAST_GIVEN_, ELUFAST_HAS_OWN_LANES(name))(name, type)}
#define ELUFAST_PAST_KERNELS(name, type) \
    ELUFAST_JOIN(ELUFAST_PAST_, ELUFAST_HAS_LANES(name))(name, type)

extern elufast_kernel_table ELUFAST_TABLE;
elufast_kernel_table ELUFAST_TABLE = {
#define ELUFAST_CHOSEN_1(name, type, GENERAL) \
    GENERAL(name##_scalar), GENERAL(name##_array), NULL, NULL
#define ELUFAST_CHOSEN_0(name, type, GENERAL)                \
    name##_chosen_scalar_##type, name##_chosen_array_##type, \
        ELUFAST_ORDINARY_KERNEL(name##_array_##type), are_ordinary_##type
#define ELUFAST_CHOSEN(name, ...) \
    ELUFAST_JOIN(ELUFAST_CHOSEN_, ELUFAST_HAS_ONE_WAY(name))(name, __VA_ARGS__)
#define ELUFAST_FUNCTION(name, family, shape)                                                  \
    {{ELUFAST_HALF(name##_defaults), ELUFAST_CHOSEN(name, f16, ELUFAST_HALF), NULL, NULL,      \
      ELUFAST_NOT_PAST},                                                                       \
     {ELUFAST_FLOAT_DEFAULTS(name), ELUFAST_CHOSEN(name, f32, ELUFAST_OWN_F32),                \
      ELUFAST_AS_THEY_LIE(name, f32), ELUFAST_PAST_KERNELS(name, f32)},                        \
     {ELUFAST_DOUBLE_DEFAULTS(name), ELUFAST_CHOSEN(name, f64, ELUFAST_OWN_F64),               \
      ELUFAST_AS_THEY_LIE(name, f64), ELUFAST_PAST_KERNELS(name, f64)},                        \
     {ELUFAST_LONG(name##_defaults), ELUFAST_LONG(name##_scalar), ELUFAST_LONG(name##_array),  \
      NULL, NULL, NULL, NULL, ELUFAST_NOT_PAST},                                               \
     {ELUFAST_BFLOAT(name##_defaults), ELUFAST_CHOSEN(name, bf16, ELUFAST_BFLOAT), NULL, NULL, \
      ELUFAST_NOT_PAST}},
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
