#include "_overlap.h"

typedef struct {
    uintptr_t first, end;
} extent;

static extent extent_of(const elufast_loop_call *c, int k, size_t n) {
    uintptr_t start = (uintptr_t)c->arrays[k];
    ptrdiff_t span = c->steps[k] * (ptrdiff_t)(n - 1);
    extent e = {span < 0 ? start + (uintptr_t)span : start,
                (span < 0 ? start : start + (uintptr_t)span) + c->loop->item_size};
    return e;
}

static int share_memory(const elufast_loop_call *c, int i, int k, size_t n) {
    extent a = extent_of(c, i, n), b = extent_of(c, k, n);
    return a.first < b.end && b.first < a.end;
}

static elufast_overlap overlap_of(const elufast_loop_call *c, int in, int out, size_t n) {
    if (c->arrays[in] == c->arrays[out] && c->steps[in] == c->steps[out]) return ELUFAST_APART;
    if (!share_memory(c, in, out, n)) return ELUFAST_APART;
    int is_ahead = c->steps[in] == c->steps[out] && c->steps[in] > 0 &&
                   (uintptr_t)c->arrays[in] > (uintptr_t)c->arrays[out];
    return is_ahead ? ELUFAST_INPUT_AHEAD : ELUFAST_IN_ORDER;
}

elufast_overlap elufast_worst_overlap(const elufast_loop_call *c, size_t n) {
    const elufast_function *f = c->loop->function;
    elufast_overlap worst = ELUFAST_APART;
    for (int out = elufast_count_in(f); out < elufast_count_in(f) + f->out; out++) {
        /* A step of 0 is a reduction: each result is the next one's input. */
        if (c->steps[out] == 0) return ELUFAST_IN_ORDER;
        for (int in = 0; in < elufast_count_in(f); in++) {
            elufast_overlap found = overlap_of(c, in, out, n);
            if (found > worst) worst = found;
        }
        for (int other = elufast_count_in(f); other < out; other++) {
            if (share_memory(c, other, out, n)) return ELUFAST_IN_ORDER;
        }
    }
    return worst;
}
