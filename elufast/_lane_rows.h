/* Which rows have loops in lanes (_lane_loops.inc), for float and double. */
#ifndef ELUFAST_LANE_ROWS_H
#define ELUFAST_LANE_ROWS_H

#include "_kernels.h"
#include "elufast/config.h"

/* With gcc alone: clang makes signalling comparisons of quiet ones, and NaN would raise a flag.
 *
 * For each of them: the row whose loop for the defaults is also its own, for celu with alpha = 1 is
 * elu; 1; and whether it has loops itself. */
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && ELUFAST_HAVE_FMA && \
    defined(__GNUC__) && !defined(__clang__)
#define ELUFAST_LANES_elu elu, 1, 1
#define ELUFAST_LANES_elu_grad elu_grad, 1, 1
#define ELUFAST_LANES_elu_grad2 elu_grad2, 1, 1
#define ELUFAST_LANES_elu_with_grad elu_with_grad, 1, 1
#define ELUFAST_LANES_elu_backward elu_backward, 1, 1
#define ELUFAST_LANES_elu_backward_from_output elu_backward_from_output, 1, 1
#define ELUFAST_LANES_selu selu, 1, 1
#define ELUFAST_LANES_selu_grad selu_grad, 1, 1
#define ELUFAST_LANES_selu_grad2 selu_grad2, 1, 1
#define ELUFAST_LANES_selu_with_grad selu_with_grad, 1, 1
#define ELUFAST_LANES_selu_backward selu_backward, 1, 1
#define ELUFAST_LANES_selu_backward_from_output selu_backward_from_output, 1, 1
#define ELUFAST_LANES_celu elu, 1, 0
#define ELUFAST_LANES_celu_grad elu_grad, 1, 0
#define ELUFAST_LANES_celu_grad2 elu_grad2, 1, 0
#define ELUFAST_LANES_celu_with_grad elu_with_grad, 1, 0
#define ELUFAST_LANES_celu_backward elu_backward, 1, 0
#define ELUFAST_LANES_celu_backward_from_output elu_backward_from_output, 1, 0
#define ELUFAST_HAS_LANES(name) ELUFAST_SECOND_OF(ELUFAST_LANES_##name)
#define ELUFAST_HAS_OWN_LANES(name) ELUFAST_THIRD_OF(ELUFAST_LANES_##name)
#else
#define ELUFAST_HAS_LANES(name) 0
#define ELUFAST_HAS_OWN_LANES(name) 0
#endif

/* The row whose loop for the defaults is that of this row. */
#define ELUFAST_DEFAULTS_ROW_0(name) name
#define ELUFAST_DEFAULTS_ROW_1(name) ELUFAST_FIRST_OF(ELUFAST_LANES_##name)
#define ELUFAST_DEFAULTS_ROW(name) \
    ELUFAST_JOIN(ELUFAST_DEFAULTS_ROW_, ELUFAST_HAS_LANES(name))(name)

#endif
