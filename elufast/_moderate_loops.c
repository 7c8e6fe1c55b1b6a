/* The loops for moderate operands (see _moderate.h), which is nearly all of them: less to do for
 * each, and the same bits. The formulas know it from ELUFAST_MODERATE. */
#define ELUFAST_MODERATE 1
#include "_moderate.h"

#include "elufast/activations.h"

#define ELUFAST_PASS_LITERAL(name, value) , (float)(value)
#define ELUFAST_KERNEL_0(name, family)
#define ELUFAST_KERNEL_1(name, family)                                                            \
    int ELUFAST_MODERATE_KERNEL(name)(const char *const *data, char *const *out, size_t n) {      \
        typedef float item ELUFAST_ANYWHERE;                                                      \
        const item *grad = (const item *)data[0], *x = (const item *)data[1];                     \
        item *dx = (item *)out[0];                                                                \
        elufast_seen seen = {0, 0, 0};                                                            \
        ELUFAST_INDEPENDENT for (size_t i = 0; i < n; i++) {                                      \
            elufast_see(&seen, grad[i], x[i]);                                                    \
            dx[i] = elufast_##name##_f32(grad[i],                                                 \
                                         x[i] ELUFAST_PARAMETERS_##family(ELUFAST_PASS_LITERAL)); \
        }                                                                                         \
        return elufast_are_moderate(&seen);                                                       \
    }
#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_JOIN(ELUFAST_KERNEL_, ELUFAST_HAS_MODERATE(name))(name, family)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
