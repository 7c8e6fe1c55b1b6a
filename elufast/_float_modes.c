#include "_float_modes.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>

void elufast_clear_flags(void) {
    const unsigned modes = _mm_getcsr();
    if (modes & ELUFAST_FLAGS) _mm_setcsr(modes & ~(unsigned)ELUFAST_FLAGS);
}

int elufast_raised_flags(void) { return (int)(_mm_getcsr() & ELUFAST_FLAGS); }

void elufast_raise_flags(int flags) {
    if (flags != 0) _mm_setcsr(_mm_getcsr() | (unsigned)flags);
}
#else
void elufast_clear_flags(void) { feclearexcept(FE_ALL_EXCEPT); }

int elufast_raised_flags(void) {
    const int raised = fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW);
    return (raised & FE_INVALID ? ELUFAST_INVALID : 0) |
           (raised & FE_DIVBYZERO ? ELUFAST_DIVIDE : 0) |
           (raised & FE_OVERFLOW ? ELUFAST_OVERFLOW : 0) |
           (raised & FE_UNDERFLOW ? ELUFAST_UNDERFLOW : 0);
}

void elufast_raise_flags(int flags) {
    const int raised = (flags & ELUFAST_INVALID ? FE_INVALID : 0) |
                       (flags & ELUFAST_DIVIDE ? FE_DIVBYZERO : 0) |
                       (flags & ELUFAST_OVERFLOW ? FE_OVERFLOW : 0) |
                       (flags & ELUFAST_UNDERFLOW ? FE_UNDERFLOW : 0);
    if (raised != 0) feraiseexcept(raised);
}
#endif

#if defined(__x86_64__) && defined(__GNUC__)
enum { EVERY_FLAG = 0x3F }; /* also of subnormal operands and of inexact results */

static unsigned short long_control(void) {
    unsigned short word;
    __asm__ volatile("fnstcw %0" : "=m"(word));
    return word;
}

static int long_flags(void) {
    unsigned short word;
    __asm__ volatile("fnstsw %0" : "=a"(word));
    return word & EVERY_FLAG;
}

elufast_modes elufast_read_modes(void) {
    const elufast_modes modes = {_mm_getcsr(), long_control()};
    return modes;
}

void elufast_take_modes(const elufast_modes *others, elufast_own_modes *own) {
    own->modes = _mm_getcsr();
    own->is_all_saved = long_control() != others->long_control || long_flags() != 0;
    if (own->is_all_saved) {
        fegetenv(&own->all);
        feclearexcept(FE_ALL_EXCEPT);
        __asm__ volatile("fldcw %0" : : "m"(others->long_control));
    }
    _mm_setcsr(others->modes & ~(unsigned)EVERY_FLAG);
}

int elufast_restore_modes(const elufast_own_modes *own) {
    const int of_long = long_flags(), raised = elufast_raised_flags() | of_long;
    if (own->is_all_saved) {
        fesetenv(&own->all);
    } else {
        if (of_long != 0) __asm__ volatile("fnclex");
        _mm_setcsr(own->modes);
    }
    return raised & ELUFAST_FLAGS;
}
#else
elufast_modes elufast_read_modes(void) {
    elufast_modes modes;
    fegetenv(&modes);
    return modes;
}

void elufast_take_modes(const elufast_modes *others, elufast_own_modes *own) {
    fegetenv(own);
    fesetenv(others);
    feclearexcept(FE_ALL_EXCEPT);
}

int elufast_restore_modes(const elufast_own_modes *own) {
    const int raised = elufast_raised_flags();
    fesetenv(own);
    return raised;
}
#endif
