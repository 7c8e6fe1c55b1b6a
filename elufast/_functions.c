#include "_functions.h"

#define ELUFAST_COUNT(name, value) +1
#define ELUFAST_NAME(name, value) #name,
#define ELUFAST_DEFAULT(name, value) value,

#define ELUFAST_ROW(text, family, data, out, ...)              \
    {text,                                                     \
     data,                                                     \
     0 ELUFAST_PARAMETERS_##family(ELUFAST_COUNT),             \
     out,                                                      \
     {__VA_ARGS__, ELUFAST_PARAMETERS_##family(ELUFAST_NAME)}, \
     {ELUFAST_PARAMETERS_##family(ELUFAST_DEFAULT)}},
#define ELUFAST_ROW_MAP(text, family) ELUFAST_ROW(text, family, 1, 1, "x")
#define ELUFAST_ROW_MAP_PAIR(text, family) ELUFAST_ROW(text, family, 1, 2, "x")
#define ELUFAST_ROW_BACKWARD(text, family) ELUFAST_ROW(text, family, 2, 1, "grad", "x")
#define ELUFAST_ROW_BACKWARD_FROM_OUTPUT(text, family) ELUFAST_ROW(text, family, 2, 1, "grad", "y")

const elufast_function elufast_functions[ELUFAST_FUNCTIONS] = {
#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_ROW_##shape(#name, family)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
