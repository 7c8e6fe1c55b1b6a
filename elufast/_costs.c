#include "_costs.h"

/* With default parameters, and with given ones. As benchmarks/thresholds.py prints them for
 * AVX-512, of each shape the fastest function: where a cost is taken for too low, a thread starts
 * late, which costs less than one that starts for too little. */
static const float NANOSECONDS[ELUFAST_SHAPES][ELUFAST_TYPES][2] = {
    [ELUFAST_SHAPE_MAP] = {{0.32f, 0.65f}, {0.20f, 0.45f}, {0.85f, 1.3f}, {35, 45}},
    [ELUFAST_SHAPE_MAP_PAIR] = {{1.1f, 1.6f}, {0.65f, 1.0f}, {1.6f, 2.4f}, {100, 120}},
    [ELUFAST_SHAPE_BACKWARD] = {{1.3f, 1.6f}, {0.80f, 1.1f}, {1.9f, 2.2f}, {90, 110}},
    [ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT] = {{0.30f, 0.38f}, {0.15f, 0.2f}, {0.26f, 0.3f}, {28, 30}},
};

float elufast_cost(const elufast_function *function, elufast_type type, int is_default) {
    return NANOSECONDS[function->shape][type][!is_default];
}
