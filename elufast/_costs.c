#include "_costs.h"

/* With default parameters, and with given ones: what `benchmarks/thresholds.py costs` prints for
 * AVX-512, of each shape the fastest function. Where a cost is taken for too low, a second thread
 * comes late; too high, it would come for too little. */
static const float NANOSECONDS[ELUFAST_SHAPES][ELUFAST_TYPES][2] = {
    [ELUFAST_SHAPE_MAP] = {{0.31f, 0.57f}, {0.20f, 0.46f}, {0.82f, 1.3f}, {30, 41}},
    [ELUFAST_SHAPE_MAP_PAIR] = {{1.1f, 1.5f}, {0.61f, 1.0f}, {1.6f, 2.4f}, {102, 118}},
    [ELUFAST_SHAPE_BACKWARD] = {{1.4f, 1.6f}, {0.83f, 1.0f}, {1.9f, 2.2f}, {95, 111}},
    [ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT] = {{0.24f, 0.24f},
                                            {0.13f, 0.13f},
                                            {0.23f, 0.23f},
                                            {28, 29}},
};

float elufast_cost(const elufast_function *function, elufast_type type, int is_default) {
    return NANOSECONDS[function->shape][type][!is_default];
}
