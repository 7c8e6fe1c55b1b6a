#include "_costs.h"

/* With default parameters, and with given ones: what `benchmarks/thresholds.py costs` prints for
 * AVX-512, of each shape the fastest function. Where a cost is taken for too low, a second thread
 * comes late; too high, it would come for too little. */
static const float NANOSECONDS[ELUFAST_SHAPES][ELUFAST_TYPES][2] = {
    [ELUFAST_SHAPE_MAP] =
        {{0.22f, 0.28f}, {0.17f, 0.21f}, {0.58f, 0.65f}, {29, 33}, {0.23f, 0.34f}},
    [ELUFAST_SHAPE_MAP_PAIR] =
        {{0.33f, 0.51f}, {0.21f, 0.31f}, {0.70f, 0.93f}, {54, 85}, {0.35f, 0.60f}},
    [ELUFAST_SHAPE_BACKWARD] =
        {{0.30f, 0.42f}, {0.24f, 0.33f}, {0.71f, 0.89f}, {62, 78}, {0.35f, 0.48f}},
    [ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT] =
        {{0.10f, 0.13f}, {0.09f, 0.10f}, {0.19f, 0.24f}, {22, 28}, {0.13f, 0.17f}},
};

/* How many times as much those with a second parameter (SELU) cost: with AVX2 1.5 and with AVX-512
 * 1.5 times for maps, 1.7 and 1.5 for pairs, 1.2 to 1.4 and 1.2 for backward passes. So with two
 * threads their maps do not go past the caches with AVX2, which takes 0.88 of the time.
 * (`pytest benchmarks --benchmark-only` has all functions side by side.) */
static const float SECOND_PARAMETER[ELUFAST_SHAPES] = {
    [ELUFAST_SHAPE_MAP] = 1.5f,
    [ELUFAST_SHAPE_MAP_PAIR] = 1.5f,
    [ELUFAST_SHAPE_BACKWARD] = 1.2f,
    [ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT] = 1,
};

float elufast_cost(const elufast_function *function, elufast_type type, int is_default) {
    const float cost = NANOSECONDS[function->shape][type][!is_default];
    return function->parameters > 1 ? cost * SECOND_PARAMETER[function->shape] : cost;
}
