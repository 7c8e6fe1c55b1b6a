#include "_costs.h"

/* With default parameters, and with given ones: what `benchmarks/thresholds.py costs` prints for
 * AVX-512, of each shape the fastest function. Where a cost is taken for too low, a second thread
 * comes late; too high, it would come for too little. */
static const float NANOSECONDS[ELUFAST_SHAPES][ELUFAST_TYPES][2] = {
    [ELUFAST_SHAPE_MAP] =
        {{0.26f, 0.32f}, {0.22f, 0.25f}, {0.70f, 0.75f}, {29, 32}, {0.28f, 0.37f}},
    [ELUFAST_SHAPE_MAP_PAIR] =
        {{0.42f, 0.64f}, {0.32f, 0.57f}, {0.90f, 1.2f}, {55, 85}, {0.46f, 0.80f}},
    [ELUFAST_SHAPE_BACKWARD] =
        {{0.36f, 0.51f}, {0.32f, 0.47f}, {0.91f, 1.2f}, {61, 82}, {0.40f, 0.60f}},
    [ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT] =
        {{0.18f, 0.17f}, {0.12f, 0.13f}, {0.23f, 0.28f}, {29, 29}, {0.18f, 0.21f}},
};

float elufast_cost(const elufast_function *function, elufast_type type, int is_default) {
    return NANOSECONDS[function->shape][type][!is_default];
}
