#include "_parameters.h"

#include <stdint.h>
#include <string.h>

#include "elufast/bfloat.h"

#if defined(_MSC_VER) && !defined(__clang__)
static __declspec(thread) elufast_parameters current_parameters;
#else
static _Thread_local elufast_parameters current_parameters;
#endif

elufast_parameters *elufast_current_parameters(void) { return &current_parameters; }

/* In one rounding, to nearest even, of 0 or a number that is normal in float16. */
static uint16_t half_from_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t sign = bits >> 48 & 0x8000;
    if (value == 0) return (uint16_t)sign;
    bits += ((uint64_t)1 << 41) - 1 + (bits >> 42 & 1);
    return (uint16_t)(sign | (((bits >> 42) - ((1023 - 15) << 10)) & 0x7FFF));
}

/* Twice rounded, as ml_dtypes rounds a Python number. */
static uint16_t bfloat_from_double(double value) { return elufast_bf16_from_f32((float)value); }

void elufast_store_parameter(elufast_value *to, elufast_type type, double value) {
    if (type == ELUFAST_FLOAT32) {
        const float single = (float)value;
        memcpy(to->bytes, &single, sizeof single);
    } else if (type == ELUFAST_FLOAT64) {
        memcpy(to->bytes, &value, sizeof value);
    } else if (type == ELUFAST_LONGDOUBLE) {
        const long double extended = value;
        memcpy(to->bytes, &extended, sizeof extended);
    } else {
        const uint16_t narrow =
            type == ELUFAST_BFLOAT16 ? bfloat_from_double(value) : half_from_double(value);
        memcpy(to->bytes, &narrow, sizeof narrow);
    }
}

void elufast_store_parameters(elufast_value *values, const elufast_loop *loop) {
    const elufast_parameters *current = &current_parameters;
    for (int i = 0; i < loop->function->parameters; i++) {
        elufast_store_parameter(&values[i], loop->type, current->values[i]);
    }
}
