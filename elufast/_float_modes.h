/* A thread's floating-point modes (rounding, flushing of subnormals) and flags. On x86-64 without
 * fenv.h, which saves and loads the old unit beside the one that computes, and is slow at it: a
 * long loop on threads would do so five times. */
#ifndef ELUFAST_FLOAT_MODES_H
#define ELUFAST_FLOAT_MODES_H

#include <fenv.h>

enum {
    ELUFAST_INVALID = 1,
    ELUFAST_DIVIDE = 4,
    ELUFAST_OVERFLOW = 8,
    ELUFAST_UNDERFLOW = 16,
    ELUFAST_FLAGS = ELUFAST_INVALID | ELUFAST_DIVIDE | ELUFAST_OVERFLOW | ELUFAST_UNDERFLOW
};

/* Of this thread. Neither sees the flags of long double on x86-64. */
void elufast_clear_flags(void);
int elufast_raised_flags(void);

void elufast_raise_flags(int flags);

#if defined(__x86_64__) && defined(__GNUC__)
typedef struct {
    unsigned modes;              /* MXCSR */
    unsigned short long_control; /* the control word of the old unit, which long double is for */
} elufast_modes;

typedef struct {
    unsigned modes;
    int is_all_saved;
    fenv_t all;
} elufast_own_modes;
#else
typedef fenv_t elufast_modes;
typedef fenv_t elufast_own_modes;
#endif

elufast_modes elufast_read_modes(void);

/* From here on this thread has another's modes and no flags, until it gets back what it had. */
void elufast_take_modes(const elufast_modes *others, elufast_own_modes *own);

/* The flags raised meanwhile, those of long double too. */
int elufast_restore_modes(const elufast_own_modes *own);

#endif
