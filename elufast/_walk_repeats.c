#include "_walk_repeats.h"

#include <string.h>

#include "_parallel.h"
#include "_past_caches.h"
#include "_walk_plan.h"

/* Elements for which it pays to wake another thread: some 4 us of copying, as for a loop. */
static const size_t MIN_ELEMENTS_PER_THREAD = 65536;

/* A shorter period is put together to so many bytes before it is copied. */
enum { PATTERN_BYTES = 4096 };

typedef struct {
    char *out;
    const char *pattern; /* whole periods, as bytes */
    size_t length, item;
    int streams;
} repetition;

static int changes_along(const elufast_walk *walk, int axis) {
    const elufast_function *f = walk->loop->function;
    for (int k = 0; k < f->data + f->parameters; k++) {
        if (walk->operands[k].steps[axis] != 0) return 1;
    }
    return 0;
}

int elufast_changing_axes(const elufast_walk *walk) {
    const elufast_function *f = walk->loop->function;
    int axes = walk->axes;
    for (int k = f->data + f->parameters; k < elufast_count_operands(walk); k++) {
        if (!elufast_is_one_run(walk, &walk->operands[k])) return axes;
    }
    while (axes > 1 && !changes_along(walk, axes - 1)) axes--;
    return axes;
}

static void copy_part(void *context, size_t start, size_t count) {
    const repetition *r = context;
    const size_t end = (start + count) * r->item;
    for (size_t at = start * r->item, n; at < end; at += n) {
        const size_t from = at % r->length;
        n = r->length - from < end - at ? r->length - from : end - at;
        if (r->streams) {
            elufast_tune.stream(r->out + at, r->pattern + from, n);
        } else {
            memcpy(r->out + at, r->pattern + from, n);
        }
    }
    if (r->streams) elufast_end_stream();
}

/* Periods are copied to where they begin, so that the pattern may be the output's own beginning. */
static void repeat(const elufast_operand *out, size_t period, size_t n) {
    char block[2 * PATTERN_BYTES];
    const size_t item = out->size, bytes = period * item;
    repetition r = {out->first + bytes, out->first, bytes, item, 0};
    r.streams = elufast_pays_past_caches(0, 2 * item, item, n);
    if (bytes < PATTERN_BYTES) {
        for (r.length = 0; r.length < PATTERN_BYTES; r.length += bytes) {
            memcpy(block + r.length, out->first, bytes);
        }
        r.pattern = block;
    }
    elufast_run_parallel(
        copy_part, &r,
        &(elufast_range){n - period, MIN_ELEMENTS_PER_THREAD, ELUFAST_CACHE_LINE, 0});
}

void elufast_repeat_period(const elufast_walk *walk, size_t period) {
    const elufast_function *f = walk->loop->function;
    for (int k = f->data + f->parameters; k < elufast_count_operands(walk); k++) {
        repeat(&walk->operands[k], period, walk->n);
    }
}
