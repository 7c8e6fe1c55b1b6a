#include "_functions.h"

#define ELUFAST_DATA_NAMES_MAP "x"
#define ELUFAST_DATA_NAMES_MAP_PAIR "x"
#define ELUFAST_DATA_NAMES_BACKWARD "grad", "x"
#define ELUFAST_DATA_NAMES_BACKWARD_FROM_OUTPUT "grad", "y"
#define ELUFAST_NAME(name, value) #name,
#define ELUFAST_DEFAULT(name, value) value,

#define ELUFAST_FUNCTION(name, family, shape)                                                    \
    _Static_assert(                                                                              \
        ELUFAST_DATA_##shape ELUFAST_PARAMETERS_##family(ELUFAST_COUNT) + ELUFAST_OUT_##shape <= \
            ELUFAST_MAX_OPERANDS,                                                                \
        "more operands than there is room for");
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

const elufast_function elufast_functions[ELUFAST_FUNCTIONS] = {
#define ELUFAST_FUNCTION(name, family, shape)                                 \
    {#name,                                                                   \
     ELUFAST_SHAPE_##shape,                                                   \
     ELUFAST_DATA_##shape,                                                    \
     0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT),                            \
     ELUFAST_OUT_##shape,                                                     \
     {ELUFAST_DATA_NAMES_##shape, ELUFAST_PARAMETERS_##family(ELUFAST_NAME)}, \
     {ELUFAST_PARAMETERS_##family(ELUFAST_DEFAULT)}},
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
