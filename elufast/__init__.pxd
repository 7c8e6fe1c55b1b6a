"""The formulas of the ufuncs for Cython: ``from elufast cimport elu_f32``.

The function, then the type: elu_f32, elu_f64 and elu_ld for float, double and long double. What has
two results returns a pair. All parameters are given; the formulas are those of the headers in
elufast.get_include(), which the C compiler has to find. tests/test_cython.py compares these lines
with the list of the functions.
"""

cdef extern from "elufast/activations.h" nogil:
    ctypedef struct pair_f32 "elufast_pair_f32":
        float y, dydx

    ctypedef struct pair_f64 "elufast_pair_f64":
        double y, dydx

    ctypedef struct pair_ld "elufast_pair_ld":
        long double y, dydx

    float elu_f32 "elufast_elu_f32"(float x, float alpha) noexcept
    float elu_grad_f32 "elufast_elu_grad_f32"(float x, float alpha) noexcept
    float elu_grad2_f32 "elufast_elu_grad2_f32"(float x, float alpha) noexcept
    pair_f32 elu_with_grad_f32 "elufast_elu_with_grad_f32"(float x, float alpha) noexcept
    float elu_backward_f32 "elufast_elu_backward_f32"(float grad, float x, float alpha) noexcept
    float elu_backward_from_output_f32 "elufast_elu_backward_from_output_f32"(
        float grad, float y, float alpha
    ) noexcept
    float selu_f32 "elufast_selu_f32"(float x, float alpha, float scale) noexcept
    float selu_grad_f32 "elufast_selu_grad_f32"(float x, float alpha, float scale) noexcept
    float selu_grad2_f32 "elufast_selu_grad2_f32"(float x, float alpha, float scale) noexcept
    pair_f32 selu_with_grad_f32 "elufast_selu_with_grad_f32"(
        float x, float alpha, float scale
    ) noexcept
    float selu_backward_f32 "elufast_selu_backward_f32"(
        float grad, float x, float alpha, float scale
    ) noexcept
    float selu_backward_from_output_f32 "elufast_selu_backward_from_output_f32"(
        float grad, float y, float alpha, float scale
    ) noexcept
    float celu_f32 "elufast_celu_f32"(float x, float alpha) noexcept
    float celu_grad_f32 "elufast_celu_grad_f32"(float x, float alpha) noexcept
    float celu_grad2_f32 "elufast_celu_grad2_f32"(float x, float alpha) noexcept
    pair_f32 celu_with_grad_f32 "elufast_celu_with_grad_f32"(float x, float alpha) noexcept
    float celu_backward_f32 "elufast_celu_backward_f32"(float grad, float x, float alpha) noexcept
    float celu_backward_from_output_f32 "elufast_celu_backward_from_output_f32"(
        float grad, float y, float alpha
    ) noexcept

    double elu_f64 "elufast_elu_f64"(double x, double alpha) noexcept
    double elu_grad_f64 "elufast_elu_grad_f64"(double x, double alpha) noexcept
    double elu_grad2_f64 "elufast_elu_grad2_f64"(double x, double alpha) noexcept
    pair_f64 elu_with_grad_f64 "elufast_elu_with_grad_f64"(double x, double alpha) noexcept
    double elu_backward_f64 "elufast_elu_backward_f64"(double grad, double x, double alpha) noexcept
    double elu_backward_from_output_f64 "elufast_elu_backward_from_output_f64"(
        double grad, double y, double alpha
    ) noexcept
    double selu_f64 "elufast_selu_f64"(double x, double alpha, double scale) noexcept
    double selu_grad_f64 "elufast_selu_grad_f64"(double x, double alpha, double scale) noexcept
    double selu_grad2_f64 "elufast_selu_grad2_f64"(double x, double alpha, double scale) noexcept
    pair_f64 selu_with_grad_f64 "elufast_selu_with_grad_f64"(
        double x, double alpha, double scale
    ) noexcept
    double selu_backward_f64 "elufast_selu_backward_f64"(
        double grad, double x, double alpha, double scale
    ) noexcept
    double selu_backward_from_output_f64 "elufast_selu_backward_from_output_f64"(
        double grad, double y, double alpha, double scale
    ) noexcept
    double celu_f64 "elufast_celu_f64"(double x, double alpha) noexcept
    double celu_grad_f64 "elufast_celu_grad_f64"(double x, double alpha) noexcept
    double celu_grad2_f64 "elufast_celu_grad2_f64"(double x, double alpha) noexcept
    pair_f64 celu_with_grad_f64 "elufast_celu_with_grad_f64"(double x, double alpha) noexcept
    double celu_backward_f64 "elufast_celu_backward_f64"(
        double grad, double x, double alpha
    ) noexcept
    double celu_backward_from_output_f64 "elufast_celu_backward_from_output_f64"(
        double grad, double y, double alpha
    ) noexcept

    long double elu_ld "elufast_elu_ld"(long double x, long double alpha) noexcept
    long double elu_grad_ld "elufast_elu_grad_ld"(long double x, long double alpha) noexcept
    long double elu_grad2_ld "elufast_elu_grad2_ld"(long double x, long double alpha) noexcept
    pair_ld elu_with_grad_ld "elufast_elu_with_grad_ld"(long double x, long double alpha) noexcept
    long double elu_backward_ld "elufast_elu_backward_ld"(
        long double grad, long double x, long double alpha
    ) noexcept
    long double elu_backward_from_output_ld "elufast_elu_backward_from_output_ld"(
        long double grad, long double y, long double alpha
    ) noexcept
    long double selu_ld "elufast_selu_ld"(
        long double x, long double alpha, long double scale
    ) noexcept
    long double selu_grad_ld "elufast_selu_grad_ld"(
        long double x, long double alpha, long double scale
    ) noexcept
    long double selu_grad2_ld "elufast_selu_grad2_ld"(
        long double x, long double alpha, long double scale
    ) noexcept
    pair_ld selu_with_grad_ld "elufast_selu_with_grad_ld"(
        long double x, long double alpha, long double scale
    ) noexcept
    long double selu_backward_ld "elufast_selu_backward_ld"(
        long double grad, long double x, long double alpha, long double scale
    ) noexcept
    long double selu_backward_from_output_ld "elufast_selu_backward_from_output_ld"(
        long double grad, long double y, long double alpha, long double scale
    ) noexcept
    long double celu_ld "elufast_celu_ld"(long double x, long double alpha) noexcept
    long double celu_grad_ld "elufast_celu_grad_ld"(long double x, long double alpha) noexcept
    long double celu_grad2_ld "elufast_celu_grad2_ld"(long double x, long double alpha) noexcept
    pair_ld celu_with_grad_ld "elufast_celu_with_grad_ld"(long double x, long double alpha) noexcept
    long double celu_backward_ld "elufast_celu_backward_ld"(
        long double grad, long double x, long double alpha
    ) noexcept
    long double celu_backward_from_output_ld "elufast_celu_backward_from_output_ld"(
        long double grad, long double y, long double alpha
    ) noexcept


# float16 as its 16 bits: rounded to nearest even, subnormal numbers kept.
cdef extern from "elufast/half.h" nogil:
    ctypedef unsigned short f16 "elufast_f16"
    float f32_from_f16 "elufast_f32_from_f16"(f16 half) noexcept
    f16 f16_from_f32 "elufast_f16_from_f32"(float x) noexcept

# bfloat16 likewise.
cdef extern from "elufast/bfloat.h" nogil:
    ctypedef unsigned short bf16 "elufast_bf16"
    float f32_from_bf16 "elufast_f32_from_bf16"(bf16 x) noexcept
    bf16 bf16_from_f32 "elufast_bf16_from_f32"(float x) noexcept
