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
    return cost <= elufast_tune.stream_cost * (float)bytes * (float)elufast_get_threads(NULL);
}

int elufast_pays_to_stream(const elufast_loop_call *c, size_t n) {
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size;
    if (n * item < elufast_tune.stream_bytes) return 0; /* most calls, without a closer look */
    if (!elufast_pays_past_caches(elufast_cost_of(c), bytes_per_element(c), item, n)) return 0;
    for (int out = elufast_count_in(f); out < elufast_count_in(f) + f->out; out++) {
        for (int in = 0; in < elufast_count_in(f); in++) {
            if (c->arrays[in] == c->arrays[out]) return 0;
        }
    }
    return 1;
}

void elufast_run_streamed(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                          size_t count) {
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size, block = STREAM_BLOCK / item;
    const int in = elufast_count_in(f);
    char blocks[ELUFAST_MAX_OUT * STREAM_BLOCK + ELUFAST_CACHE_LINE];
    char *aligned = blocks + -(uintptr_t)blocks % ELUFAST_CACHE_LINE;
    char *at[ELUFAST_MAX_OPERANDS], *out[ELUFAST_MAX_OUT] = {aligned, aligned + STREAM_BLOCK};
    for (int i = 0; i < in + f->out; i++) {
        at[i] = c->arrays[i] + c->steps[i] * (ptrdiff_t)start;
    }
    /* The first block is short, so that the others begin where a line does. */
    size_t n = block - (uintptr_t)at[in] % ELUFAST_CACHE_LINE / item;
    for (size_t left = count; left > 0; left -= n, n = block) {
        if (n > left) n = left;
        kernel((const char *const *)at, (const char *const *)at + f->data, out, n);
        for (int k = 0; k < f->out; k++) elufast_tune.stream(at[in + k], out[k], n * item);
        for (int i = 0; i < in + f->out; i++) at[i] += c->steps[i] * (ptrdiff_t)n;
    }
    elufast_end_stream();
}
