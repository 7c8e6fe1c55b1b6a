#include "_past_caches.h"

#include <stdint.h>

#include "_thread_count.h"

/* Bytes of each output that a kernel writes to the stack before they are streamed out. With few,
 * the processor goes on to compute the next ones while the stores of the last wait for memory. */
enum { STREAM_BLOCK = 1024 };

/* The bytes that one element has in all arrays. */
static size_t bytes_per_element(const elufast_loop_call *c) {
    size_t bytes = 0;
    for (int i = 0; i < elufast_count_in(c->loop->function) + c->loop->function->out; i++) {
        if (c->steps[i] != 0) bytes += c->loop->item_size;
    }
    return bytes;
}

/* Outputs so many times as large as the cache go past it whatever they cost to compute. */
enum { FAR_BEYOND_CACHE = 4 };

int elufast_pays_past_caches(float cost, size_t bytes, size_t item, size_t n) {
    const size_t output = n * item;
    if (output < elufast_tune.stream_bytes || elufast_tune.stream == NULL) return 0;
    if (item > sizeof(double)) return 0;
    if (output / FAR_BEYOND_CACHE >= elufast_tune.stream_bytes) return 1;
    /* All threads wait for the same memory. */
    return cost <= elufast_tune.stream_cost * (float)bytes * (float)elufast_threads_of_loop();
}

/* ---- straight from a kernel ---- */

elufast_past_kernel *elufast_find_past_kernel(const elufast_loop *loop, elufast_kernel *kernel,
                                              char *const *parameters) {
    const elufast_kernels *k = &loop->kernels;
    if (kernel == k->defaults) return k->past.defaults;
    if (k->are_ordinary == NULL) return kernel == k->scalar ? k->past.scalar : k->past.array;
    if (kernel == k->ordinary) return k->past.array;
    if (kernel != k->scalar) return NULL;
    for (int i = 0; i < loop->function->parameters; i++) {
        if (!k->are_ordinary(parameters[i], 1)) return NULL;
    }
    return k->past.scalar;
}

size_t elufast_before_lines(char *const *out, const size_t *sizes, int count) {
    const size_t ahead = elufast_bytes_to_line(out[0]) / sizes[0];
    for (int k = 0; k < count; k++) {
        if (elufast_bytes_to_line(out[k] + ahead * sizes[k]) != 0) return SIZE_MAX;
    }
    return ahead;
}

/* Outputs of the loop's own type. */
static size_t before_lines(const elufast_loop *loop, char *const *out) {
    size_t sizes[ELUFAST_MAX_OUT];
    for (int k = 0; k < loop->function->out; k++) sizes[k] = loop->item_size;
    return elufast_before_lines(out, sizes, loop->function->out);
}

static int goes_straight(const elufast_loop_call *c) {
    const elufast_loop *loop = c->loop;
    elufast_kernel *kernel = loop->kernels.array;
    if (elufast_are_scalars(c)) {
        kernel = elufast_kernel_for_scalars(loop, elufast_parameters_of(c));
    }
    return elufast_find_past_kernel(loop, kernel, c->arrays + loop->function->data) != NULL &&
           before_lines(loop, c->arrays + elufast_count_in(loop->function)) != SIZE_MAX;
}

int elufast_pays_to_stream(const elufast_loop_call *c, size_t n) {
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size;
    if (n * item < elufast_tune.stream_bytes) return 0; /* most calls, without a closer look */
    const float cost = goes_straight(c) ? 0 : elufast_cost_of(c);
    if (!elufast_pays_past_caches(cost, bytes_per_element(c), item, n)) return 0;
    for (int out = elufast_count_in(f); out < elufast_count_in(f) + f->out; out++) {
        for (int in = 0; in < elufast_count_in(f); in++) {
            if (c->arrays[in] == c->arrays[out]) return 0;
        }
    }
    return 1;
}

typedef struct {
    const elufast_loop *loop;
    char *at[ELUFAST_MAX_OPERANDS];
    const ptrdiff_t *steps;
    int in;
} operands;

static void run(const operands *o, elufast_kernel *kernel, char *const *out, size_t n) {
    const char *const *at = (const char *const *)o->at;
    kernel(at, at + o->loop->function->data, out, n);
}

/* A processor finds what comes next by itself. */
static void run_past(const operands *o, elufast_past_kernel *kernel, char *const *out, size_t n) {
    static const ptrdiff_t ahead[ELUFAST_MAX_DATA] = {0};
    const char *const *at = (const char *const *)o->at;
    kernel(at, at + o->loop->function->data, out, n, ahead);
}

static void go_on(operands *o, size_t n) {
    for (int i = 0; i < o->in + o->loop->function->out; i++) {
        o->at[i] += o->steps[i] * (ptrdiff_t)n;
    }
}

static void run_through_blocks(operands *o, elufast_kernel *kernel, size_t count) {
    const size_t item = o->loop->item_size, block = STREAM_BLOCK / item;
    char blocks[ELUFAST_MAX_OUT * STREAM_BLOCK + ELUFAST_CACHE_LINE];
    char *aligned = blocks + elufast_bytes_to_line(blocks);
    char *const out[ELUFAST_MAX_OUT] = {aligned, aligned + STREAM_BLOCK};
    /* The first block is short, so that the others begin where a line does. */
    size_t n = block - (uintptr_t)o->at[o->in] % ELUFAST_CACHE_LINE / item;
    for (size_t left = count; left > 0; left -= n, n = block) {
        if (n > left) n = left;
        run(o, kernel, out, n);
        for (int k = 0; k < o->loop->function->out; k++) {
            elufast_tune.stream(o->at[o->in + k], out[k], n * item);
        }
        go_on(o, n);
    }
}

void elufast_run_past_caches(const elufast_loop *loop, elufast_kernel *kernel, char *const *arrays,
                             const ptrdiff_t *steps, size_t count) {
    operands o = {.loop = loop, .steps = steps, .in = elufast_count_in(loop->function)};
    memcpy(o.at, arrays, (size_t)(o.in + loop->function->out) * sizeof *arrays);
    elufast_past_kernel *past = elufast_find_past_kernel(loop, kernel, o.at + loop->function->data);
    size_t ahead = before_lines(loop, o.at + o.in);
    if (past == NULL || ahead == SIZE_MAX) {
        run_through_blocks(&o, kernel, count);
        return;
    }
    if (ahead > count) ahead = count;
    if (ahead > 0) run(&o, kernel, o.at + o.in, ahead);
    go_on(&o, ahead);
    run_past(&o, past, o.at + o.in, count - ahead);
}

void elufast_run_streamed(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                          size_t count) {
    char *arrays[ELUFAST_MAX_OPERANDS];
    for (int i = 0; i < elufast_count_in(c->loop->function) + c->loop->function->out; i++) {
        arrays[i] = c->arrays[i] + c->steps[i] * (ptrdiff_t)start;
    }
    elufast_run_past_caches(c->loop, kernel, arrays, c->steps, count);
    elufast_end_stream();
}
