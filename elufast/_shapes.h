/* How many arrays and parameters the rows of functions.inc have. */
#ifndef ELUFAST_SHAPES_H
#define ELUFAST_SHAPES_H

enum { ELUFAST_MAX_DATA = 2, ELUFAST_MAX_PARAMETERS = 2, ELUFAST_MAX_OUT = 2 };
/* Of one row; none has the most of all three. */
enum { ELUFAST_MAX_OPERANDS = 5 };

/* How many arrays come in and go out for each shape of functions.inc. */
#define ELUFAST_DATA_MAP 1
#define ELUFAST_DATA_MAP_PAIR 1
#define ELUFAST_DATA_BACKWARD 2
#define ELUFAST_DATA_BACKWARD_FROM_OUTPUT 2
#define ELUFAST_OUT_MAP 1
#define ELUFAST_OUT_MAP_PAIR 2
#define ELUFAST_OUT_BACKWARD 1
#define ELUFAST_OUT_BACKWARD_FROM_OUTPUT 1
#define ELUFAST_COUNT(name, value) +1

#endif
