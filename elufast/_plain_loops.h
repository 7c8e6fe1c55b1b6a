/* How _kernels.inc walks arrays of the computing type: one element after the other. */
#ifndef ELUFAST_PLAIN_LOOPS_H
#define ELUFAST_PLAIN_LOOPS_H

#define ELUFAST_BEGIN(kernel, family, shape, variant) typedef ELUFAST_REAL item ELUFAST_ANYWHERE;
#define ELUFAST_LOAD_SCALAR(name, value) const ELUFAST_REAL name = *(const item *)*parameters++;
#define ELUFAST_LOAD_ARRAY(name, value) const item *name = (const item *)*parameters++;
#define ELUFAST_WIDEN(name, value)
#define ELUFAST_PASS_SCALAR(name, value) , name
#define ELUFAST_PASS_ARRAY(name, value) , name[i]
#define ELUFAST_PASS_LITERAL(name, value) , (ELUFAST_REAL)(value)

#define ELUFAST_LOOP_MAP(formula, widen, ...) \
    const item *x = (const item *)data[0];    \
    item *y = (item *)out[0];                 \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) y[i] = formula(x[i] __VA_ARGS__);

#define ELUFAST_LOOP_MAP_PAIR(formula, widen, ...)                \
    const item *x = (const item *)data[0];                        \
    item *y = (item *)out[0];                                     \
    item *dydx = (item *)out[1];                                  \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) {          \
        ELUFAST_F(elufast_pair) both = formula(x[i] __VA_ARGS__); \
        y[i] = both.y;                                            \
        dydx[i] = both.dydx;                                      \
    }

#define ELUFAST_LOOP_BACKWARD(formula, widen, ...) \
    const item *grad = (const item *)data[0];      \
    const item *x = (const item *)data[1];         \
    item *dx = (item *)out[0];                     \
    ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) dx[i] = formula(grad[i], x[i] __VA_ARGS__);

#define ELUFAST_LOOP_BACKWARD_FROM_OUTPUT ELUFAST_LOOP_BACKWARD

#endif
