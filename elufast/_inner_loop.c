#include "_inner_loop.h"

#include <stdint.h>
#include <string.h>

#include "_parallel.h"

/* Elements for which it pays to wake another thread: some 6 us of work for each at the least, where
 * waking one costs some 5. benchmarks/bench_ufuncs.py, test_threads, 2 cores. */
static const size_t MIN_ELEMENTS_PER_THREAD = 32768;

/* Cuts between threads fall on cache lines of 64 bytes for every type from 1 byte on. */
static const size_t THREAD_GRAIN = 64;

/* Operands that a kernel cannot take as they lie are copied into blocks of this many elements: 6
 * blocks with 16 bytes an element are 24 KiB, which the first-level cache holds. */
enum { BLOCK = 256 };

typedef struct {
    const elufast_loop *loop;
    char *arrays[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    size_t block;
} call;

static int count_in(const elufast_function *f) { return f->data + f->parameters; }

static int is_contiguous(const call *c, int first, int end) {
    for (int i = first; i < end; i++) {
        if (c->steps[i] != (ptrdiff_t)c->loop->item_size) return 0;
    }
    return 1;
}

static int are_scalars(const call *c) {
    const elufast_function *f = c->loop->function;
    for (int i = f->data; i < count_in(f); i++) {
        if (c->steps[i] != 0) return 0;
    }
    return 1;
}

static int are_defaults(const elufast_loop *loop, const char *const *parameters) {
    for (int i = 0; i < loop->function->parameters; i++) {
        const char *value = parameters[i];
        if (value != loop->defaults[i] && memcmp(value, loop->defaults[i], loop->item_size) != 0) {
            return 0;
        }
    }
    return 1;
}

elufast_kernel *elufast_kernel_for_scalars(const elufast_loop *loop,
                                           const char *const *parameters) {
    elufast_kernel *defaults = loop->kernels.defaults;
    return defaults != NULL && are_defaults(loop, parameters) ? defaults : loop->kernels.scalar;
}

static elufast_kernel *kernel_for_scalars(const call *c) {
    return elufast_kernel_for_scalars(c->loop,
                                      (const char *const *)c->arrays + c->loop->function->data);
}

static void run_kernel(const call *c, elufast_kernel *kernel, size_t start, size_t count) {
    const elufast_function *f = c->loop->function;
    char *at[ELUFAST_MAX_OPERANDS];
    for (int i = 0; i < count_in(f) + f->out; i++) {
        at[i] = c->arrays[i] + c->steps[i] * (ptrdiff_t)start;
    }
    kernel((const char *const *)at, (const char *const *)at + f->data, at + count_in(f), count);
}

static void run_contiguous_scalar(void *context, size_t start, size_t count) {
    run_kernel(context, kernel_for_scalars(context), start, count);
}

static void run_contiguous_array(void *context, size_t start, size_t count) {
    const call *c = context;
    run_kernel(c, c->loop->kernels.array, start, count);
}

static void copy_strided(char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step,
                         size_t count, size_t item_size) {
#define COPY(size)                                                         \
    for (size_t i = 0; i < count; i++, to += to_step, from += from_step) { \
        memcpy(to, from, size);                                            \
    }
    /* A constant size makes each copy one move. */
    switch (item_size) {
        case 2:
            COPY(2) break;
        case 4:
            COPY(4) break;
        case 8:
            COPY(8) break;
        default:
            COPY(item_size) break;
    }
#undef COPY
}

/* Any strides: the inputs are gathered into blocks, the outputs scattered from them. All inputs of
 * a block are read before any output of it is written. */
static void run_blocks(void *context, size_t start, size_t count) {
    const call *c = context;
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size;
    const int in = count_in(f), scalars = are_scalars(c);
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
            copy_strided(at[k], (ptrdiff_t)item, from, c->steps[k], needed, item);
        }
        kernel((const char *const *)at, (const char *const *)at + f->data, at + in, n);
        for (int k = in; k < in + f->out; k++) {
            char *to = c->arrays[k] + c->steps[k] * (ptrdiff_t)i;
            copy_strided(to, c->steps[k], at[k], (ptrdiff_t)item, n, item);
        }
    }
}

/* ---- overlap: NumPy hands over such arrays where ascending order gives the right result ---- */

typedef enum { APART, INPUT_AHEAD, IN_ORDER } overlap;

typedef struct {
    uintptr_t first, end;
} extent;

static extent extent_of(const call *c, int k, size_t n) {
    uintptr_t start = (uintptr_t)c->arrays[k];
    ptrdiff_t span = c->steps[k] * (ptrdiff_t)(n - 1);
    extent e = {span < 0 ? start + (uintptr_t)span : start,
                (span < 0 ? start : start + (uintptr_t)span) + c->loop->item_size};
    return e;
}

static int share_memory(const call *c, int i, int k, size_t n) {
    extent a = extent_of(c, i, n), b = extent_of(c, k, n);
    return a.first < b.end && b.first < a.end;
}

static overlap overlap_of(const call *c, int in, int out, size_t n) {
    if (c->arrays[in] == c->arrays[out] && c->steps[in] == c->steps[out]) return APART;
    if (!share_memory(c, in, out, n)) return APART;
    int is_ahead = c->steps[in] == c->steps[out] && c->steps[in] > 0 &&
                   (uintptr_t)c->arrays[in] > (uintptr_t)c->arrays[out];
    return is_ahead ? INPUT_AHEAD : IN_ORDER;
}

static overlap worst_overlap(const call *c, size_t n) {
    const elufast_function *f = c->loop->function;
    overlap worst = APART;
    for (int out = count_in(f); out < count_in(f) + f->out; out++) {
        /* A step of 0 is a reduction: each result is the next one's input. */
        if (c->steps[out] == 0) return IN_ORDER;
        for (int in = 0; in < count_in(f); in++) {
            overlap found = overlap_of(c, in, out, n);
            if (found > worst) worst = found;
        }
        for (int other = count_in(f); other < out; other++) {
            if (share_memory(c, other, out, n)) return IN_ORDER;
        }
    }
    return worst;
}

/* ---- the loop ---- */

static void prepare(call *c, const elufast_loop *loop, char **arrays, const ptrdiff_t *steps) {
    const elufast_function *f = loop->function;
    c->loop = loop;
    c->block = BLOCK;
    int given = 0;
    for (int i = 0; i < count_in(f) + f->out; i++) {
        int is_parameter = i >= f->data && i < count_in(f);
        if (is_parameter && !loop->has_parameters) {
            c->arrays[i] = (char *)loop->defaults[i - f->data];
            c->steps[i] = 0;
        } else {
            c->arrays[i] = arrays[given];
            c->steps[i] = steps[given];
            given++;
        }
    }
}

void elufast_inner_loop(char **arrays, const ptrdiff_t *count, const ptrdiff_t *steps, void *loop) {
    const size_t n = (size_t)*count;
    call c;
    if (n == 0) return;
    prepare(&c, loop, arrays, steps);
    const elufast_function *f = c.loop->function;
    overlap found = n > 1 ? worst_overlap(&c, n) : APART;
    if (found != APART) {
        if (found == IN_ORDER) c.block = 1;
        run_blocks(&c, 0, n);
        return;
    }
    elufast_body *body = run_blocks;
    if (is_contiguous(&c, 0, f->data) && is_contiguous(&c, count_in(f), count_in(f) + f->out)) {
        if (are_scalars(&c)) {
            body = run_contiguous_scalar;
        } else if (is_contiguous(&c, f->data, count_in(f))) {
            body = run_contiguous_array;
        }
    }
    elufast_run_parallel(body, &c, n, MIN_ELEMENTS_PER_THREAD, THREAD_GRAIN);
}
