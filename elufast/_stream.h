/* Copies past the caches, to memory that will not be read soon. */
#ifndef ELUFAST_STREAM_H
#define ELUFAST_STREAM_H

#include <stddef.h>
#include <stdint.h>

enum { ELUFAST_CACHE_LINE = 64, ELUFAST_TWO_LINES = 128 /* which processors fetch together */ };

/* From there to where a line begins. */
static inline size_t elufast_bytes_to_line(const void *place) {
    return -(uintptr_t)place % ELUFAST_CACHE_LINE;
}

/* Any addresses. Other threads see the bytes after elufast_end_stream. */
typedef void elufast_stream(char *to, const char *from, size_t bytes);

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define ELUFAST_HAVE_STREAM

static inline void elufast_end_stream(void) { _mm_sfence(); }
#else
static inline void elufast_end_stream(void) {}
#endif

#endif
