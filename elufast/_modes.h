/* The floating-point modes and flags of a thread, as workers take them over and give them back. On
 * x86-64 without fenv.h's slow access to the old unit's whole state: four calls of it take 250 ns,
 * which is a fiftieth of what two threads need for 100,000 elements. */
#ifndef ELUFAST_MODES_H
#define ELUFAST_MODES_H

#include <fenv.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <xmmintrin.h>

enum { ELUFAST_ALL_FLAGS = 0x3F }; /* in both units, and as <fenv.h> numbers them */

typedef struct {
    unsigned mxcsr;
    unsigned short control; /* of the old unit, which computes long double */
} elufast_modes;

typedef struct {
    elufast_modes modes;
    int is_whole; /* the old unit had flags, which only fesetenv can set again */
    fenv_t whole;
} elufast_own_modes;

static inline unsigned short elufast_old_flags(void) {
    unsigned short status;
    __asm__ volatile("fnstsw %0" : "=am"(status));
    return status & ELUFAST_ALL_FLAGS;
}

static inline void elufast_clear_old_flags(void) { __asm__ volatile("fnclex"); }

static inline void elufast_load_control(const elufast_modes *modes) {
    __asm__ volatile("fldcw %0" : : "m"(modes->control));
}

static inline elufast_modes elufast_modes_here(void) {
    elufast_modes modes;
    modes.mxcsr = _mm_getcsr();
    __asm__ volatile("fnstcw %0" : "=m"(modes.control));
    return modes;
}

/* The modes are the given ones from here on, and no flag is raised. */
static inline void elufast_enter_modes(elufast_own_modes *own, const elufast_modes *modes) {
    own->modes = elufast_modes_here();
    own->is_whole = elufast_old_flags() != 0;
    if (own->is_whole) {
        fegetenv(&own->whole);
        elufast_clear_old_flags();
    }
    _mm_setcsr(modes->mxcsr & ~(unsigned)ELUFAST_ALL_FLAGS);
    if (modes->control != own->modes.control) elufast_load_control(modes);
}

/* Modes and flags are the thread's own again; returns the flags that were raised. */
static inline int elufast_leave_modes(const elufast_own_modes *own) {
    const unsigned old = elufast_old_flags();
    const int raised = (int)((_mm_getcsr() & ELUFAST_ALL_FLAGS) | old);
    if (own->is_whole) {
        fesetenv(&own->whole);
    } else {
        _mm_setcsr(own->modes.mxcsr);
        if (old) elufast_clear_old_flags();
        elufast_load_control(&own->modes);
    }
    return raised;
}

#else

typedef fenv_t elufast_modes, elufast_own_modes;

static inline elufast_modes elufast_modes_here(void) {
    elufast_modes modes;
    fegetenv(&modes);
    return modes;
}

static inline void elufast_enter_modes(elufast_own_modes *own, const elufast_modes *modes) {
    fegetenv(own);
    fesetenv(modes);
    feclearexcept(FE_ALL_EXCEPT);
}

static inline int elufast_leave_modes(const elufast_own_modes *own) {
    const int raised = fetestexcept(FE_ALL_EXCEPT);
    fesetenv(own);
    return raised;
}

#endif

#endif
