/* What the GPU kernels are made of, for the one type that ELUFAST_TYPE_<F16, BF16, F32, F64> names:
 * how an element lies in memory, what it is computed in, and how 16 bytes are taken apart and put
 * together. float16 and bfloat16 never lie in memory as float. */
#ifndef ELUFAST_GPU_ELEMENTS_H
#define ELUFAST_GPU_ELEMENTS_H

#if defined(ELUFAST_TYPE_F16)
#define ELUFAST_FOR_HALF /* as the loops of the CPU have it */
#endif
#include "elufast/activations.h"

typedef struct ELUFAST_ALIGNED(16) {
    elufast_u32 words[4];
} elufast_pack;

#if defined(ELUFAST_TYPE_F64)
typedef double elufast_element, elufast_computed;
enum { ELUFAST_LANES = 2 };
ELUFAST_FN double elufast_widen(double x) { return x; }
ELUFAST_FN double elufast_narrow(double x) { return x; }
ELUFAST_FN void elufast_unpack(elufast_pack pack, double *x) {
    for (int i = 0; i < ELUFAST_LANES; i++) {
        elufast_u64 bits = (elufast_u64)pack.words[2 * i + 1] << 32 | pack.words[2 * i];
        x[i] = elufast_from_bits_f64((elufast_i64)bits);
    }
}
ELUFAST_FN elufast_pack elufast_packed(const double *x) {
    elufast_pack pack;
    for (int i = 0; i < ELUFAST_LANES; i++) {
        elufast_u64 bits = (elufast_u64)elufast_bits_f64(x[i]);
        pack.words[2 * i] = (elufast_u32)bits;
        pack.words[2 * i + 1] = (elufast_u32)(bits >> 32);
    }
    return pack;
}
#elif defined(ELUFAST_TYPE_F32)
typedef float elufast_element, elufast_computed;
enum { ELUFAST_LANES = 4 };
ELUFAST_FN float elufast_widen(float x) { return x; }
ELUFAST_FN float elufast_narrow(float x) { return x; }
ELUFAST_FN void elufast_unpack(elufast_pack pack, float *x) {
    for (int i = 0; i < ELUFAST_LANES; i++) {
        x[i] = elufast_from_bits_f32((elufast_i32)pack.words[i]);
    }
}
ELUFAST_FN elufast_pack elufast_packed(const float *x) {
    elufast_pack pack;
    for (int i = 0; i < ELUFAST_LANES; i++) pack.words[i] = (elufast_u32)elufast_bits_f32(x[i]);
    return pack;
}
#else
#if defined(ELUFAST_TYPE_F16)
#include "elufast/half.h"
ELUFAST_FN float elufast_widen(elufast_f16 x) { return elufast_f32_from_f16(x); }
ELUFAST_FN elufast_f16 elufast_narrow(float x) { return elufast_f16_from_f32(x); }
#elif defined(ELUFAST_TYPE_BF16)
#include "elufast/bfloat.h"
ELUFAST_FN float elufast_widen(elufast_bf16 x) { return elufast_f32_from_bf16(x); }
ELUFAST_FN elufast_bf16 elufast_narrow(float x) { return elufast_bf16_from_f32(x); }
#else
#error "define one of ELUFAST_TYPE_F16, _BF16, _F32, _F64"
#endif
typedef unsigned short elufast_element;
typedef float elufast_computed;
enum { ELUFAST_LANES = 8 };
ELUFAST_FN void elufast_unpack(elufast_pack pack, float *x) {
    for (int i = 0; i < ELUFAST_LANES / 2; i++) {
        x[2 * i] = elufast_widen((elufast_element)(pack.words[i] & 0xFFFFu));
        x[2 * i + 1] = elufast_widen((elufast_element)(pack.words[i] >> 16));
    }
}
ELUFAST_FN elufast_pack elufast_packed(const float *x) {
    elufast_pack pack;
    for (int i = 0; i < ELUFAST_LANES / 2; i++) {
        elufast_u32 upper = elufast_narrow(x[2 * i + 1]);
        pack.words[i] = upper << 16 | elufast_narrow(x[2 * i]);
    }
    return pack;
}
#endif

#endif
