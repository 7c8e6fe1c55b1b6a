#include "_walk_calls.h"

#include <stdint.h>
#include <string.h>

#include "_past_caches.h"

ptrdiff_t elufast_step_of(const elufast_plan *p, int k) {
    const elufast_lane *l = &p->lanes[k];
    if (elufast_is_number(p, k)) return 0;
    return l->is_in_place ? l->operand->steps[0] : (ptrdiff_t)p->walk->loop->item_size;
}

static void go_on(const elufast_plan *p, char **at, size_t n) {
    for (int k = 0; k < p->operands; k++) at[k] += elufast_step_of(p, k) * (ptrdiff_t)n;
}

static void run(const elufast_plan *p, elufast_kernel *kernel, const elufast_place *places,
                char *const *at, size_t n) {
    const elufast_loop *loop = p->walk->loop;
    const char *const *in = (const char *const *)at;
    if (n == 0) return;
    if (p->is_placed) {
        loop->kernels.placed(in, places, at + p->inputs, n);
    } else {
        kernel(in, in + loop->function->data, at + p->inputs, n);
    }
}

/* ---- open lines: a call ends inside a line of the outputs, and the next goes on there ---- */

static size_t size_of(const elufast_plan *p, int out) {
    return p->lanes[p->inputs + out].operand->size;
}

static int goes_on_there(const elufast_plan *p, const elufast_open_lines *open, char *const *at) {
    if (open->count == 0) return 0;
    for (int out = 0; out < p->operands - p->inputs; out++) {
        if (open->places[out] + open->count * size_of(p, out) != at[p->inputs + out]) return 0;
    }
    return 1;
}

static void add_to_lines(const elufast_plan *p, elufast_open_lines *open, elufast_kernel *kernel,
                         char *const *at, size_t n) {
    char *to[ELUFAST_MAX_OPERANDS];
    memcpy(to, at, (size_t)p->inputs * sizeof *to);
    for (int out = 0; out < p->operands - p->inputs; out++) {
        to[p->inputs + out] = open->lines[out] + open->count * size_of(p, out);
    }
    run(p, kernel, p->places, to, n);
    open->count += n;
}

static void close_lines(const elufast_plan *p, elufast_open_lines *open) {
    if (open->count == 0) return;
    for (int out = 0; out < p->operands - p->inputs; out++) {
        elufast_tune.stream(open->places[out], open->lines[out], open->count * size_of(p, out));
    }
    open->count = 0;
}

void elufast_finish_lines(const elufast_plan *p, elufast_workspace *w) { close_lines(p, &w->open); }

/* ---- straight past the caches ---- */

static size_t before_lines(const elufast_plan *p, char *const *arrays) {
    size_t sizes[ELUFAST_MAX_OUT];
    const int count = p->operands - p->inputs;
    for (int out = 0; out < count; out++) sizes[out] = size_of(p, out);
    return elufast_before_lines(arrays + p->inputs, sizes, count);
}

static void make_places_past(const elufast_plan *p, elufast_place *places) {
    const elufast_function *f = p->walk->loop->function;
    memcpy(places, p->places, sizeof p->places);
    for (int k = f->data; k < f->data + f->out; k++) {
        const int is_own = places[k].placing == ELUFAST_AS_THEY_ARE;
        places[k].placing = is_own ? ELUFAST_PAST : ELUFAST_OTHER_FLOAT_PAST;
    }
}

/* Whole registers, to where lines begin. */
static void run_past(const elufast_plan *p, elufast_past_kernel *kernel, char *const *at,
                     size_t n) {
    const elufast_function *f = p->walk->loop->function;
    const char *const *in = (const char *const *)at;
    if (p->is_placed) {
        elufast_place places[ELUFAST_MAX_DATA + ELUFAST_MAX_OUT];
        make_places_past(p, places);
        run(p, NULL, places, at, n);
    } else {
        ptrdiff_t ahead[ELUFAST_MAX_DATA];
        for (int k = 0; k < f->data; k++) ahead[k] = p->lanes[k].bytes_ahead;
        kernel(in, in + f->data, at + p->inputs, n, ahead);
    }
}

/* To where the outputs' lines begin. */
static void run_ahead(const elufast_plan *p, elufast_open_lines *open, elufast_kernel *kernel,
                      char *const *at, size_t n) {
    if (n > 0 && goes_on_there(p, open, at)) {
        add_to_lines(p, open, kernel, at, n);
    } else {
        close_lines(p, open);
        run(p, kernel, p->places, at, n);
    }
}

/* Whole registers go straight to where they belong. What is left over would make all of them wait
 * until its line has been fetched; it is put together with what the next call begins with. */
static void run_straight(const elufast_plan *p, elufast_open_lines *open, elufast_kernel *kernel,
                         elufast_past_kernel *past, char *const *arrays, size_t ahead, size_t n) {
    const size_t lanes = ELUFAST_CACHE_LINE / p->walk->loop->item_size;
    const size_t first = ahead < n ? ahead : n, whole = (n - first) / lanes * lanes;
    char *at[ELUFAST_MAX_OPERANDS];
    memcpy(at, arrays, (size_t)p->operands * sizeof *at);
    run_ahead(p, open, kernel, at, first);
    go_on(p, at, first);
    run_past(p, past, at, whole);
    go_on(p, at, whole);
    if (first + whole == n) return;
    close_lines(p, open);
    for (int out = 0; out < p->operands - p->inputs; out++) {
        open->places[out] = at[p->inputs + out];
    }
    add_to_lines(p, open, kernel, at, n - first - whole);
}

static void run_through_blocks(const elufast_plan *p, elufast_kernel *kernel, char *const *arrays,
                               size_t n) {
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    for (int k = 0; k < p->operands; k++) steps[k] = elufast_step_of(p, k);
    elufast_run_past_caches(p->walk->loop, kernel, arrays, steps, n);
}

/* NULL: there is none, or the outputs' lines begin at different elements. */
static elufast_past_kernel *past_kernel(const elufast_plan *p, elufast_kernel *kernel,
                                        char *const *arrays, size_t ahead) {
    const elufast_loop *loop = p->walk->loop;
    if (p->is_placed || ahead == SIZE_MAX) return NULL;
    return elufast_find_past_kernel(loop, kernel, arrays + loop->function->data);
}

int elufast_prefetches_itself(const elufast_plan *p, elufast_kernel *kernel, char *const *arrays) {
    if (!p->goes_straight) return 0;
    return past_kernel(p, kernel, arrays, before_lines(p, arrays)) != NULL;
}

void elufast_call_kernel(const elufast_plan *p, elufast_workspace *w, elufast_kernel *kernel,
                         char *const *arrays, size_t n) {
    if (!p->goes_straight) {
        run(p, kernel, p->places, arrays, n);
        return;
    }
    const size_t ahead = before_lines(p, arrays);
    elufast_past_kernel *past = past_kernel(p, kernel, arrays, ahead);
    if (past != NULL || (p->is_placed && ahead != SIZE_MAX)) {
        run_straight(p, &w->open, kernel, past, arrays, ahead, n);
    } else if (p->is_placed) {
        run(p, kernel, p->places, arrays, n);
    } else {
        run_through_blocks(p, kernel, arrays, n);
    }
}
