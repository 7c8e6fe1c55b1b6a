/* What the loops of one instruction set offer to the rest: for each public function and type, loops
 * over contiguous arrays for each kind of parameters, and perhaps one over others. */
#ifndef ELUFAST_KERNELS_H
#define ELUFAST_KERNELS_H

#include <stddef.h>

#include "_placed.h"
#include "_shapes.h"
#include "_turned.h"

/* The loops of a row: with its default parameters, with other numbers, with arrays of them. */
enum { ELUFAST_VARIANT_defaults, ELUFAST_VARIANT_scalar, ELUFAST_VARIANT_array };

/* NumPy's own in the order in which their loops are registered, narrowest first; then bfloat16,
 * whose loops are registered when it is there. */
typedef enum {
    ELUFAST_FLOAT16,
    ELUFAST_FLOAT32,
    ELUFAST_FLOAT64,
    ELUFAST_LONGDOUBLE,
    ELUFAST_BFLOAT16,
    ELUFAST_TYPES,
    ELUFAST_NUMPY_TYPES = ELUFAST_BFLOAT16
} elufast_type;

enum {
#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_ROW_##name,
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
    ELUFAST_FUNCTIONS
};

/* In a typedef: items that may lie at any address. On x86-64 and aarch64 it changes no instruction;
 * but C wants to be told. */
#if defined(__GNUC__)
#define ELUFAST_ANYWHERE __attribute__((aligned(1)))
enum { ELUFAST_TAKES_MISALIGNED = 1 };
#else
#define ELUFAST_ANYWHERE
enum { ELUFAST_TAKES_MISALIGNED = 0 };
#endif

/* Several registers at once: of what is done to one of them, each step waits for the one before,
 * longer than the processor finds others to do in what comes after it. It has them where the
 * compiler mixes the steps of several: 0.7 to 0.95 of the time on Zen 5. */
#define ELUFAST_EACH _Pragma("GCC unroll 4") for (size_t k = 0; k < count; k++)

/* Arrays of n elements each, contiguous, and aligned unless ELUFAST_TAKES_MISALIGNED; an output may
 * be the very same array as an input but must not overlap one otherwise. */
typedef void elufast_kernel(const char *const *data, const char *const *parameters,
                            char *const *out, size_t n);

/* Whether n parameters are ordinary (_ordinary.h). */
typedef int elufast_ordinary_test(const char *parameters, size_t n);

/* Its outputs begin where lines of the cache do, and go past the caches; and the data that are so
 * many bytes further on are prefetched. */
typedef void elufast_past_kernel(const char *const *data, const char *const *parameters,
                                 char *const *out, size_t n, const ptrdiff_t *ahead);

/* NULL: there is none. Parameters are ordinary, unless the others have no test for that. */
typedef struct {
    elufast_past_kernel *defaults, *scalar, *array;
} elufast_past_kernels;

typedef struct {
    elufast_kernel *defaults; /* with the default parameters */
    elufast_kernel *scalar;   /* each parameter is one number */
    elufast_kernel *array;    /* each parameter is an array */
    elufast_kernel *ordinary; /* each is an array of ordinary ones; NULL: `array` serves as well */
    elufast_ordinary_test *are_ordinary;
    elufast_placed_kernel *placed; /* NULL: there is none */
    elufast_turned_kernel *turned;
    elufast_past_kernels past;
} elufast_kernels;

typedef const elufast_kernels elufast_kernel_table[ELUFAST_FUNCTIONS][ELUFAST_TYPES];

/* The names of the loops that _half_loops.c and _bfloat_loops.c make, for the instruction set whose
 * table is called ELUFAST_TABLE, and their declaration. */
#define ELUFAST_JOIN_AS_THEY_ARE(a, b) a##b
#define ELUFAST_JOIN(a, b) ELUFAST_JOIN_AS_THEY_ARE(a, b)
#define ELUFAST_HALF(name) ELUFAST_JOIN(ELUFAST_TABLE, _half_##name)
#define ELUFAST_BFLOAT(name) ELUFAST_JOIN(ELUFAST_TABLE, _bfloat_##name)
/* Of _long_loops.c, for all of them. */
#define ELUFAST_LONG(name) elufast_long_##name
#define ELUFAST_DECLARE_AS(type, kernel, name) \
    extern type kernel(name##_defaults), kernel(name##_scalar), kernel(name##_array);
#define ELUFAST_DECLARE(kernel, name) ELUFAST_DECLARE_AS(elufast_kernel, kernel, name)

/* NEON, with fma, belongs to every 64-bit ARM processor: what is called the baseline elsewhere. */
#if defined(__aarch64__) && defined(__ARM_NEON)
#define ELUFAST_NEON
#endif

/* The names of the loops of _past_loops.c. */
#define ELUFAST_PAST_NAME(table, name) table##_past_##name
#define ELUFAST_PAST_NAME_OF(table, name) ELUFAST_PAST_NAME(table, name)
#define ELUFAST_PAST(name) ELUFAST_PAST_NAME_OF(ELUFAST_TABLE, name)

/* In front of a loop: its turns have nothing to do with each other. */
#if defined(__clang__)
#define ELUFAST_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define ELUFAST_INDEPENDENT _Pragma("GCC ivdep")
#else
#define ELUFAST_INDEPENDENT
#endif

/* The second of what a macro gives, which is `a, b`; 0 where there is no such macro. The others in
 * the same way, but for the first, which is then the name of that macro. */
#define ELUFAST_SECOND(first, second, ...) second
#define ELUFAST_SECOND_OF(...) ELUFAST_SECOND(__VA_ARGS__, 0, 0)

#define ELUFAST_FIRST(first, ...) first
#define ELUFAST_FIRST_OF(...) ELUFAST_FIRST(__VA_ARGS__, 0)
#define ELUFAST_THIRD(first, second, third, ...) third
#define ELUFAST_THIRD_OF(...) ELUFAST_THIRD(__VA_ARGS__, 0, 0, 0)

/* Of 0 and 1. */
#define ELUFAST_NOT_0 1
#define ELUFAST_NOT_1 0
#define ELUFAST_NOT(a) ELUFAST_JOIN(ELUFAST_NOT_, a)
#define ELUFAST_AND_0(b) 0
#define ELUFAST_AND_1(b) b
#define ELUFAST_AND(a, b) ELUFAST_JOIN(ELUFAST_AND_, a)(b)

/* For a row's parameters where a loop does nothing with them. */
#define ELUFAST_NOTHING(name, value)

#endif
