/* How _kernels.inc walks arrays of the computing type: one element after the other. */
#ifndef ELUFAST_PLAIN_LOOPS_H
#define ELUFAST_PLAIN_LOOPS_H

#define ELUFAST_BEGIN(kernel, family, shape, variant)
#define ELUFAST_LOAD_SCALAR(name, value) \
    const ELUFAST_REAL name = *(const ELUFAST_REAL *)*parameters++;
#define ELUFAST_LOAD_ARRAY(name, value) \
    const ELUFAST_REAL *name = (const ELUFAST_REAL *)*parameters++;
#define ELUFAST_WIDEN(name, value)
#define ELUFAST_PASS_SCALAR(name, value) , name
#define ELUFAST_PASS_ARRAY(name, value) , name[i]
#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)

#define ELUFAST_LOOP_MAP(formula, widen, ...)              \
    const ELUFAST_REAL *x = (const ELUFAST_REAL *)data[0]; \
    ELUFAST_REAL *y = (ELUFAST_REAL *)out[0];              \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = formula(x[i] __VA_ARGS__);

#define ELUFAST_LOOP_MAP_PAIR(formula, widen, ...)                \
    const ELUFAST_REAL *x = (const ELUFAST_REAL *)data[0];        \
    ELUFAST_REAL *y = (ELUFAST_REAL *)out[0];                     \
    ELUFAST_REAL *dydx = (ELUFAST_REAL *)out[1];                  \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) {          \
        ELUFAST_F(elufast_pair) both = formula(x[i] __VA_ARGS__); \
        y[i] = both.y;                                            \
        dydx[i] = both.dydx;                                      \
    }

#define ELUFAST_LOOP_BACKWARD(formula, widen, ...)            \
    const ELUFAST_REAL *grad = (const ELUFAST_REAL *)data[0]; \
    const ELUFAST_REAL *x = (const ELUFAST_REAL *)data[1];    \
    ELUFAST_REAL *dx = (ELUFAST_REAL *)out[0];                \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) dx[i] = formula(grad[i], x[i] __VA_ARGS__);

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#endif
