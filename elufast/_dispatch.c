#include "_dispatch.h"

static int always(void) { return 1; }

/* GCC's and clang's runtime check; it also asks whether the system saves the wide registers. */
#ifdef ELUFAST_HAVE_AVX512
extern elufast_kernel_table elufast_kernels_avx512;
extern const elufast_moves elufast_moves_avx512;
static int has_avx512(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
#endif

#ifdef ELUFAST_HAVE_AVX2
extern elufast_kernel_table elufast_kernels_avx2;
extern const elufast_moves elufast_moves_avx2;
static int has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
}
#endif

extern elufast_kernel_table elufast_kernels_baseline;
extern const elufast_moves elufast_moves_baseline;

const elufast_instruction_set elufast_instruction_sets[] = {
#ifdef ELUFAST_HAVE_AVX512
    {"avx512", &elufast_kernels_avx512, &elufast_moves_avx512, has_avx512},
#endif
#ifdef ELUFAST_HAVE_AVX2
    {"avx2", &elufast_kernels_avx2, &elufast_moves_avx2, has_avx2},
#endif
    {"baseline", &elufast_kernels_baseline, &elufast_moves_baseline, always},
};

const int elufast_instruction_set_count =
    (int)(sizeof elufast_instruction_sets / sizeof elufast_instruction_sets[0]);
