#include "_inner_loop.h"

#include <stdint.h>
#include <string.h>

#include "_loop_call.h"
#include "_overlap.h"
#include "_parallel.h"
#include "_parameters.h"
#include "_past_caches.h"

elufast_tuning elufast_tune = {
    /* Two threads break even at 0.4 to 0.7 us each, and at 1.5 us where their processors share no
     * cache; the rest leaves room for slower machines: benchmarks/thresholds.py threads. */
    .thread_work = 2000,
    /* Below it memory is what a loop waits for, and past the caches is the shorter way (by up to a
     * quarter); above it the way over the stack costs up to a fifth, for nothing.
     * benchmarks/thresholds.py streaming. */
    .stream_cost = 0.0145f,
    .stream_bytes = SIZE_MAX,
};

/* Operands that a kernel cannot take as they lie are copied into blocks of this many elements: 6
 * blocks with 16 bytes an element are 24 KiB, which the first-level cache holds. */
enum { BLOCK = 256 };

elufast_kernel *elufast_kernel_for_scalars(const elufast_loop *loop,
                                           const char *const *parameters) {
    return elufast_are_defaults(loop, parameters) ? loop->kernels.defaults : loop->kernels.scalar;
}

static elufast_kernel *kernel_for_scalars(const elufast_loop_call *c) {
    return elufast_kernel_for_scalars(c->loop, elufast_parameters_of(c));
}

static void run_at_once(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                        size_t count) {
    const elufast_function *f = c->loop->function;
    char *at[ELUFAST_MAX_OPERANDS];
    for (int i = 0; i < elufast_count_in(f) + f->out; i++) {
        at[i] = c->arrays[i] + c->steps[i] * (ptrdiff_t)start;
    }
    kernel((const char *const *)at, (const char *const *)at + f->data, at + elufast_count_in(f),
           count);
}

/* NumPy's arrays begin somewhere in a line of the cache, large ones all at the same place. Then a
 * short piece ahead lets the vectors of the rest fill lines, which tells where a loop does little
 * else than load and store. For fewer bytes of an output it costs more than that, and more of them
 * wait for memory. benchmarks/thresholds.py lines. */
enum { WHOLE_LINES_FROM = 64 << 10, WHOLE_LINES_TO = 8 << 20 };

static size_t bytes_to_next_line(const elufast_loop_call *c, size_t start) {
    const elufast_function *f = c->loop->function;
    const uintptr_t first = (uintptr_t)c->arrays[0];
    for (int i = 1; i < elufast_count_in(f) + f->out; i++) {
        const uintptr_t apart = (uintptr_t)c->arrays[i] - first;
        if (c->steps[i] != 0 && apart % ELUFAST_CACHE_LINE != 0) return 0;
    }
    return -(first + start * c->loop->item_size) % ELUFAST_CACHE_LINE;
}

static void run_kernel(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                       size_t count) {
    const size_t item = c->loop->item_size;
    const size_t bytes = count * item;
    const int pays = bytes >= WHOLE_LINES_FROM && bytes <= WHOLE_LINES_TO;
    const size_t ahead = pays ? bytes_to_next_line(c, start) / item : 0;
    if (ahead > 0) run_at_once(c, kernel, start, ahead);
    run_at_once(c, kernel, start + ahead, count - ahead);
}

static void run_contiguous_scalar(void *context, size_t start, size_t count) {
    const elufast_loop_call *c = context;
    (c->streams ? elufast_run_streamed : run_kernel)(c, kernel_for_scalars(c), start, count);
}

static void run_contiguous_array(void *context, size_t start, size_t count) {
    const elufast_loop_call *c = context;
    (c->streams ? elufast_run_streamed : run_kernel)(c, c->loop->kernels.array, start, count);
}

static void copy(const elufast_loop_call *c, char *to, ptrdiff_t to_step, const char *from,
                 ptrdiff_t from_step, size_t count) {
    const elufast_steps to_steps = {to_step, 0}, from_steps = {from_step, 0};
    c->loop->moves->copy(to, to_steps, from, from_steps, count, 1, c->loop->item_size);
}

/* Any strides: the inputs are gathered into blocks, the outputs scattered from them. All inputs of
 * a block are read before any output of it is written. */
static void run_blocks(void *context, size_t start, size_t count) {
    const elufast_loop_call *c = context;
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size;
    const int in = elufast_count_in(f), scalars = elufast_are_scalars(c);
    elufast_kernel *kernel = scalars ? kernel_for_scalars(c) : c->loop->kernels.array;
    union {
        char bytes[BLOCK * ELUFAST_LARGEST_ITEM];
        long double alignment;
    } blocks[ELUFAST_MAX_OPERANDS];
    char *at[ELUFAST_MAX_OPERANDS];
    for (size_t i = start; i < start + count; i += c->block) {
        size_t n = start + count - i < c->block ? start + count - i : c->block;
        for (int k = 0; k < in + f->out; k++) {
            at[k] = blocks[k].bytes;
            if (k >= in) continue;
            const char *from = c->arrays[k] + c->steps[k] * (ptrdiff_t)i;
            size_t needed = scalars && k >= f->data ? 1 : n;
            copy(c, at[k], (ptrdiff_t)item, from, c->steps[k], needed);
        }
        kernel((const char *const *)at, (const char *const *)at + f->data, at + in, n);
        for (int k = in; k < in + f->out; k++) {
            char *to = c->arrays[k] + c->steps[k] * (ptrdiff_t)i;
            copy(c, to, c->steps[k], at[k], (ptrdiff_t)item, n);
        }
    }
}

/* ---- the loop ---- */

static char *own_parameter(elufast_loop_call *c, int i) {
    return c->loop->source == ELUFAST_DEFAULTS ? (char *)c->loop->defaults[i] : c->values[i].bytes;
}

static void prepare(elufast_loop_call *c, const elufast_loop *loop, char **arrays,
                    const ptrdiff_t *steps) {
    const elufast_function *f = loop->function;
    c->loop = loop;
    c->block = BLOCK;
    c->streams = 0;
    if (loop->source == ELUFAST_OF_THE_CALL) elufast_store_parameters(c->values, loop);
    int given = 0;
    for (int i = 0; i < elufast_count_in(f) + f->out; i++) {
        int is_parameter = i >= f->data && i < elufast_count_in(f);
        if (is_parameter && loop->source != ELUFAST_OPERANDS) {
            c->arrays[i] = own_parameter(c, i - f->data);
            c->steps[i] = 0;
        } else {
            c->arrays[i] = arrays[given];
            c->steps[i] = steps[given];
            given++;
        }
    }
}

/* ---- short runs: a where= mask makes them by the hundred thousand ---- */

/* Longer ones do not notice what the general way costs (some 10 ns), nor are shorter ones worth a
 * second thread in any type. */
enum { SHORT_RUN = 256 };

/* Contiguous data and outputs that do not overlap; there are no other arrays. */
static int is_simple(const elufast_function *f, char *const *arrays, size_t n,
                     const ptrdiff_t *steps, size_t item) {
    const int end = f->data + f->out;
    for (int i = 0; i < end; i++) {
        if (steps[i] != (ptrdiff_t)item && n > 1) return 0;
    }
    for (int out = f->data; out < end; out++) {
        for (int other = 0; other < out; other++) {
            if (elufast_are_apart(arrays[other], arrays[out], n * item)) continue;
            if (other >= f->data || arrays[other] != arrays[out]) return 0;
        }
    }
    return 1;
}

static void run_with_parameters_of_call(char *const *arrays, size_t n, const elufast_loop *loop) {
    elufast_value values[ELUFAST_MAX_PARAMETERS];
    const char *parameters[ELUFAST_MAX_PARAMETERS] = {values[0].bytes, values[1].bytes};
    elufast_store_parameters(values, loop);
    loop->kernels.scalar((const char *const *)arrays, parameters, arrays + loop->function->data, n);
}

static int run_short(char *const *arrays, size_t n, const ptrdiff_t *steps,
                     const elufast_loop *loop) {
    const elufast_function *f = loop->function;
    if (n > SHORT_RUN || loop->source == ELUFAST_OPERANDS) return 0;
    if (!is_simple(f, arrays, n, steps, loop->item_size)) return 0;
    if (loop->source == ELUFAST_DEFAULTS) {
        loop->kernels.defaults((const char *const *)arrays, NULL, arrays + f->data, n);
    } else {
        run_with_parameters_of_call(arrays, n, loop);
    }
    return 1;
}

/* ---- any run ---- */

/* Whether so many elements may be worth a second thread, whatever an element costs. */
static int may_take_threads(const elufast_loop *loop, size_t n) {
    return (float)n * loop->cost[1] >= 2 * elufast_tune.thread_work;
}

/* Threads never write to one line of the cache: cuts fall where lines of the first output begin. */
static void run_on_threads(elufast_loop_call *c, elufast_body *body, size_t n) {
    const size_t item = c->loop->item_size, grain = ELUFAST_CACHE_LINE / item;
    size_t before =
        (uintptr_t)c->arrays[elufast_count_in(c->loop->function)] % ELUFAST_CACHE_LINE / item;
    size_t minimum = (size_t)(elufast_tune.thread_work / elufast_cost_of(c)) + 1;
    elufast_run_parallel(body, c, &(elufast_range){n, minimum, grain, before});
}

void elufast_inner_loop(char **arrays, const ptrdiff_t *count, const ptrdiff_t *steps, void *loop) {
    const size_t n = (size_t)*count;
    elufast_loop_call c;
    if (n == 0 || run_short(arrays, n, steps, loop)) return;
    prepare(&c, loop, arrays, steps);
    const elufast_function *f = c.loop->function;
    elufast_overlap found = n > 1 ? elufast_worst_overlap(&c, n) : ELUFAST_APART;
    if (found != ELUFAST_APART) {
        if (found == ELUFAST_IN_ORDER) c.block = 1;
        run_blocks(&c, 0, n);
        return;
    }
    elufast_body *body = run_blocks;
    if (elufast_is_contiguous(&c, 0, f->data) &&
        elufast_is_contiguous(&c, elufast_count_in(f), elufast_count_in(f) + f->out)) {
        if (elufast_are_scalars(&c)) {
            body = run_contiguous_scalar;
        } else if (elufast_is_contiguous(&c, f->data, elufast_count_in(f))) {
            body = run_contiguous_array;
        }
    }
    /* Most calls are short, and need not be looked at any closer. */
    if (!may_take_threads(c.loop, n)) {
        body(&c, 0, n);
        return;
    }
    c.streams = elufast_pays_to_stream(&c, n);
    run_on_threads(&c, body, n);
}
