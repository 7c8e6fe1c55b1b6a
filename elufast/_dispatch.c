#include "_dispatch.h"

static int always(void) { return 1; }

/* GCC's and clang's runtime check; it also asks whether the system saves the wide registers. */
#ifdef ELUFAST_HAVE_AVX512
extern elufast_kernel_table elufast_kernels_avx512;
extern const elufast_moves elufast_moves_avx512;
extern elufast_stream *const elufast_stream_avx512;
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
extern elufast_stream *const elufast_stream_avx2;
static int has_avx2(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("f16c");
}
#endif

extern elufast_kernel_table elufast_kernels_baseline;
extern const elufast_moves elufast_moves_baseline;
extern elufast_stream *const elufast_stream_baseline;

#ifdef ELUFAST_NEON
#define BASELINE "neon"
#else
#define BASELINE "baseline"
#endif

/* What an instruction set's objects are called. */
#define ELUFAST_SET(name) &elufast_kernels_##name, &elufast_moves_##name, &elufast_stream_##name

const elufast_instruction_set elufast_instruction_sets[] = {
#ifdef ELUFAST_HAVE_AVX512
    {"avx512", ELUFAST_SET(avx512), has_avx512},
#endif
#ifdef ELUFAST_HAVE_AVX2
    {"avx2", ELUFAST_SET(avx2), has_avx2},
#endif
    {BASELINE, ELUFAST_SET(baseline), always},
};

const int elufast_instruction_set_count =
    (int)(sizeof elufast_instruction_sets / sizeof elufast_instruction_sets[0]);
