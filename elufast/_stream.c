/* Compiled once for each instruction set, as _loops.c is; ELUFAST_STREAM names what this time
 * makes: NULL where there are no such stores. */
#include "_stream.h"

#include <stdint.h>
#include <string.h>

extern elufast_stream *const ELUFAST_STREAM;

#ifdef ELUFAST_HAVE_STREAM
#include <immintrin.h>

/* The wider the better: four stores of the baseline fill a line as well, but take four places in
 * the processor's queue of stores, which is what limits a loop that streams. */
#if defined(__AVX512F__)
typedef __m512i vector;
static inline void stream_vector(char *to, const char *from) {
    _mm512_stream_si512((void *)to, _mm512_loadu_si512((const void *)from));
}
#elif defined(__AVX__)
typedef __m256i vector;
static inline void stream_vector(char *to, const char *from) {
    _mm256_stream_si256((__m256i *)to, _mm256_loadu_si256((const __m256i *)from));
}
#else
typedef __m128i vector;
static inline void stream_vector(char *to, const char *from) {
    _mm_stream_si128((__m128i *)to, _mm_loadu_si128((const __m128i *)from));
}
#endif

/* A plain store reads its line from memory before it writes there; this one does not, where the
 * whole line is written. The lines at both ends, which others write as well, get plain stores. */
static void stream(char *to, const char *from, size_t bytes) {
    size_t i = elufast_bytes_to_line(to);
    if (i > bytes) i = bytes;
    memcpy(to, from, i);
    for (; bytes - i >= ELUFAST_CACHE_LINE; i += ELUFAST_CACHE_LINE) {
        for (size_t k = i; k < i + ELUFAST_CACHE_LINE; k += sizeof(vector)) {
            stream_vector(to + k, from + k);
        }
    }
    memcpy(to + i, from + i, bytes - i);
}

elufast_stream *const ELUFAST_STREAM = stream;
#else
elufast_stream *const ELUFAST_STREAM = NULL;
#endif
