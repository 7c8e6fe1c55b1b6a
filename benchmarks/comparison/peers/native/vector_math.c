/* ELU, SELU, CELU and their derivatives as loops over a library's vector exp and expm1.

   vector_math.py compiles this for one type and one choice of parameters, with
     SCALAR, INTEGER   the type, and the integer of its size
     WIDTH             bytes in a vector: 64 (AVX-512) or 32 (AVX2)
     EXPM1, EXP        the library's functions
     A, P, Q           y = P*x where x > 0, else A * expm1(Q*x); factors of 1 cost nothing
     THREADS           how many threads share a long array */

#include <stddef.h>
#include <string.h>

/* Waking a thread costs more than computing this many elements. */
#define SERIAL_BELOW 16384
#define INLINE static inline __attribute__((always_inline))

typedef SCALAR vector __attribute__((vector_size(WIDTH)));
typedef INTEGER mask __attribute__((vector_size(WIDTH)));

enum { LANES = WIDTH / sizeof(SCALAR) };
enum kind { FORWARD, GRAD, WITH_GRAD, BACKWARD, BACKWARD_FROM_OUTPUT };

vector EXPM1(vector);
vector EXP(vector);

INLINE vector select(mask condition, vector yes, vector no) {
    return (vector)((condition & (mask)yes) | (~condition & (mask)no));
}

INLINE vector value(vector x) {
    return select(x > 0, x * (SCALAR)(P), EXPM1(x * (SCALAR)(Q)) * (SCALAR)(A));
}

INLINE vector slope(vector x) {
    return select(x > 0, (vector){} + (SCALAR)(P), EXP(x * (SCALAR)(Q)) * (SCALAR)(A * Q));
}

INLINE vector slope_of_value(vector y) {
    return select(y > 0, (vector){} + (SCALAR)(P), y * (SCALAR)(Q) + (SCALAR)(A * Q));
}

/* One vector of each array; a function of one input has no `b`, one with one output no `d`. */
INLINE void step(enum kind kind, const SCALAR *a, const SCALAR *b, SCALAR *y, SCALAR *d) {
    vector first, second = {};
    memcpy(&first, a, WIDTH);
    if (kind >= BACKWARD) memcpy(&second, b, WIDTH);
    vector result = kind == FORWARD || kind == WITH_GRAD ? value(first)
                    : kind == GRAD                       ? slope(first)
                    : kind == BACKWARD                   ? first * slope(second)
                                                         : first * slope_of_value(second);
    memcpy(y, &result, WIDTH);
    if (kind == WITH_GRAD) {
        result = slope(first);
        memcpy(d, &result, WIDTH);
    }
}

/* The last elements, too few for a vector. */
INLINE void rest(enum kind kind, size_t n, const SCALAR *a, const SCALAR *b, SCALAR *y, SCALAR *d) {
    SCALAR inputs[2][LANES] = {0}, outputs[2][LANES];
    memcpy(inputs[0], a, n * sizeof *a);
    if (kind >= BACKWARD) memcpy(inputs[1], b, n * sizeof *b);
    step(kind, inputs[0], inputs[1], outputs[0], outputs[1]);
    memcpy(y, outputs[0], n * sizeof *y);
    if (kind == WITH_GRAD) memcpy(d, outputs[1], n * sizeof *d);
}

INLINE void all(enum kind kind, size_t n, const SCALAR *a, const SCALAR *b, SCALAR *y, SCALAR *d) {
    size_t whole = n - n % LANES;
    if (THREADS == 1 || n < SERIAL_BELOW) {
        for (size_t i = 0; i < whole; i += LANES) step(kind, a + i, b + i, y + i, d + i);
    } else {
#pragma omp parallel for num_threads(THREADS) schedule(static)
        for (size_t i = 0; i < whole; i += LANES) step(kind, a + i, b + i, y + i, d + i);
    }
    if (whole < n) rest(kind, n - whole, a + whole, b + whole, y + whole, d + whole);
}

void forward(size_t n, const SCALAR *x, SCALAR *y) { all(FORWARD, n, x, x, y, y); }

void grad(size_t n, const SCALAR *x, SCALAR *d) { all(GRAD, n, x, x, d, d); }

void with_grad(size_t n, const SCALAR *x, SCALAR *y, SCALAR *d) { all(WITH_GRAD, n, x, x, y, d); }

void backward(size_t n, const SCALAR *g, const SCALAR *x, SCALAR *out) {
    all(BACKWARD, n, g, x, out, out);
}

void backward_from_output(size_t n, const SCALAR *g, const SCALAR *y, SCALAR *out) {
    all(BACKWARD_FROM_OUTPUT, n, g, y, out, out);
}
