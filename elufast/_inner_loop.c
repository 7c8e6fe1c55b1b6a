#include "_inner_loop.h"

#include <stdint.h>
#include <string.h>

#include "_parallel.h"
#include "_stream.h"
#include "elufast/bfloat.h"

elufast_tuning elufast_tune = {
    /* Two threads break even at some 2 us each; twice that leaves room for slower machines:
     * benchmarks/thresholds.py threads. */
    .thread_work = 4000,
    /* Below it memory is what a loop waits for, and past the caches is the shorter way (by up to a
     * quarter); above it the way over the stack costs up to a fifth, for nothing.
     * benchmarks/thresholds.py streaming. */
    .stream_cost = 0.018f,
    .stream_bytes = SIZE_MAX,
};

/* Operands that a kernel cannot take as they lie are copied into blocks of this many elements: 6
 * blocks with 16 bytes an element are 24 KiB, which the first-level cache holds. */
enum { BLOCK = 256 };

/* In the loop's type. */
typedef union {
    char bytes[ELUFAST_LARGEST_ITEM];
    long double alignment;
} parameter_value;

typedef struct {
    const elufast_loop *loop;
    char *arrays[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
    size_t block;
    int streams;
    parameter_value values[ELUFAST_MAX_PARAMETERS]; /* where the source is ELUFAST_OF_THE_CALL */
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
    return are_defaults(loop, parameters) ? loop->kernels.defaults : loop->kernels.scalar;
}

static const char *const *parameters_of(const call *c) {
    return (const char *const *)c->arrays + c->loop->function->data;
}

static elufast_kernel *kernel_for_scalars(const call *c) {
    return elufast_kernel_for_scalars(c->loop, parameters_of(c));
}

static void run_kernel(const call *c, elufast_kernel *kernel, size_t start, size_t count) {
    const elufast_function *f = c->loop->function;
    char *at[ELUFAST_MAX_OPERANDS];
    for (int i = 0; i < count_in(f) + f->out; i++) {
        at[i] = c->arrays[i] + c->steps[i] * (ptrdiff_t)start;
    }
    kernel((const char *const *)at, (const char *const *)at + f->data, at + count_in(f), count);
}

/* ---- past the caches ---- */

/* Bytes of each output that a kernel writes to the stack before they are streamed out. With few,
 * the processor goes on to compute the next ones while the stores of the last wait for memory. */
enum { STREAM_BLOCK = 1024 };

static float cost_of(const call *c) {
    return c->loop->cost[are_scalars(c) && are_defaults(c->loop, parameters_of(c)) ? 0 : 1];
}

/* The bytes that one element has in all arrays. */
static size_t bytes_per_element(const call *c) {
    size_t bytes = 0;
    for (int i = 0; i < count_in(c->loop->function) + c->loop->function->out; i++) {
        if (c->steps[i] != 0) bytes += c->loop->item_size;
    }
    return bytes;
}

/* Outputs so many times as large as the cache go past it whatever they cost to compute. */
enum { FAR_BEYOND_CACHE = 4 };

static int waits_for_memory(const call *c, size_t output_bytes) {
    if (output_bytes / FAR_BEYOND_CACHE >= elufast_tune.stream_bytes) return 1;
    /* All threads wait for the same memory. */
    float bytes = (float)bytes_per_element(c) * (float)elufast_get_threads(NULL);
    return cost_of(c) <= elufast_tune.stream_cost * bytes;
}

/* Not longdouble, whose stores leave some bytes alone. */
static int pays_to_stream(const call *c, size_t n) {
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size;
    if (n * item < elufast_tune.stream_bytes || elufast_tune.stream == NULL) return 0;
    if (item > sizeof(double) || !waits_for_memory(c, n * item)) return 0;
    for (int out = count_in(f); out < count_in(f) + f->out; out++) {
        for (int in = 0; in < count_in(f); in++) {
            if (c->arrays[in] == c->arrays[out]) return 0;
        }
    }
    return 1;
}

static void run_streamed(const call *c, elufast_kernel *kernel, size_t start, size_t count) {
    const elufast_function *f = c->loop->function;
    const size_t item = c->loop->item_size, block = STREAM_BLOCK / item;
    const int in = count_in(f);
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

static void run_contiguous_scalar(void *context, size_t start, size_t count) {
    const call *c = context;
    (c->streams ? run_streamed : run_kernel)(c, kernel_for_scalars(c), start, count);
}

static void run_contiguous_array(void *context, size_t start, size_t count) {
    const call *c = context;
    (c->streams ? run_streamed : run_kernel)(c, c->loop->kernels.array, start, count);
}

static void copy(const call *c, char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step,
                 size_t count) {
    const elufast_steps to_steps = {to_step, 0}, from_steps = {from_step, 0};
    c->loop->moves->copy(to, to_steps, from, from_steps, count, 1, c->loop->item_size);
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
            copy(c, at[k], (ptrdiff_t)item, from, c->steps[k], needed);
        }
        kernel((const char *const *)at, (const char *const *)at + f->data, at + in, n);
        for (int k = in; k < in + f->out; k++) {
            char *to = c->arrays[k] + c->steps[k] * (ptrdiff_t)i;
            copy(c, to, c->steps[k], at[k], (ptrdiff_t)item, n);
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

/* ---- parameters of the call ---- */

#if defined(_MSC_VER) && !defined(__clang__)
static __declspec(thread) elufast_parameters current_parameters;
#else
static _Thread_local elufast_parameters current_parameters;
#endif

elufast_parameters *elufast_current_parameters(void) { return &current_parameters; }

/* In one rounding, to nearest even, of 0 or a number that is normal in float16. */
static uint16_t half_from_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t sign = bits >> 48 & 0x8000;
    if (value == 0) return (uint16_t)sign;
    bits += ((uint64_t)1 << 41) - 1 + (bits >> 42 & 1);
    return (uint16_t)(sign | (((bits >> 42) - ((1023 - 15) << 10)) & 0x7FFF));
}

/* Twice rounded, as ml_dtypes rounds a Python number. */
static uint16_t bfloat_from_double(double value) { return elufast_bf16_from_f32((float)value); }

static void store_as(char *to, elufast_type type, double value) {
    if (type == ELUFAST_FLOAT32) {
        const float single = (float)value;
        memcpy(to, &single, sizeof single);
    } else if (type == ELUFAST_FLOAT64) {
        memcpy(to, &value, sizeof value);
    } else if (type == ELUFAST_LONGDOUBLE) {
        const long double extended = value;
        memcpy(to, &extended, sizeof extended);
    } else {
        const uint16_t narrow =
            type == ELUFAST_BFLOAT16 ? bfloat_from_double(value) : half_from_double(value);
        memcpy(to, &narrow, sizeof narrow);
    }
}

static void store_parameters(parameter_value *values, const elufast_loop *loop) {
    const elufast_parameters *current = &current_parameters;
    for (int i = 0; i < loop->function->parameters; i++) {
        store_as(values[i].bytes, loop->type, current->values[i]);
    }
}

/* ---- the loop ---- */

static char *own_parameter(call *c, int i) {
    return c->loop->source == ELUFAST_DEFAULTS ? (char *)c->loop->defaults[i] : c->values[i].bytes;
}

static void prepare(call *c, const elufast_loop *loop, char **arrays, const ptrdiff_t *steps) {
    const elufast_function *f = loop->function;
    c->loop = loop;
    c->block = BLOCK;
    c->streams = 0;
    if (loop->source == ELUFAST_OF_THE_CALL) store_parameters(c->values, loop);
    int given = 0;
    for (int i = 0; i < count_in(f) + f->out; i++) {
        int is_parameter = i >= f->data && i < count_in(f);
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

static int is_same_or_apart(const char *a, const char *b, size_t bytes) {
    return a == b || (size_t)((uintptr_t)a - (uintptr_t)b + bytes - 1) >= 2 * bytes - 1;
}

/* Contiguous data and outputs that do not overlap; there are no other arrays. */
static int is_simple(const elufast_function *f, char *const *arrays, size_t n,
                     const ptrdiff_t *steps, size_t item) {
    const int end = f->data + f->out;
    for (int i = 0; i < end; i++) {
        if (steps[i] != (ptrdiff_t)item && n > 1) return 0;
    }
    for (int out = f->data; out < end; out++) {
        for (int other = 0; other < out; other++) {
            if (!is_same_or_apart(arrays[other], arrays[out], n * item)) return 0;
            if (other >= f->data && arrays[other] == arrays[out]) return 0;
        }
    }
    return 1;
}

static void run_with_parameters_of_call(char *const *arrays, size_t n, const elufast_loop *loop) {
    parameter_value values[ELUFAST_MAX_PARAMETERS];
    const char *parameters[ELUFAST_MAX_PARAMETERS] = {values[0].bytes, values[1].bytes};
    store_parameters(values, loop);
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

/* Threads never write to one line of the cache: cuts fall where lines of the first output begin. */
static void run_on_threads(call *c, elufast_body *body, size_t n) {
    const size_t item = c->loop->item_size, grain = ELUFAST_CACHE_LINE / item;
    size_t before = (uintptr_t)c->arrays[count_in(c->loop->function)] % ELUFAST_CACHE_LINE / item;
    size_t minimum = (size_t)(elufast_tune.thread_work / cost_of(c)) + 1;
    elufast_run_parallel_aligned(body, c, n, minimum, grain, before);
}

void elufast_inner_loop(char **arrays, const ptrdiff_t *count, const ptrdiff_t *steps, void *loop) {
    const size_t n = (size_t)*count;
    call c;
    if (n == 0 || run_short(arrays, n, steps, loop)) return;
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
    /* Most calls are short whatever an element costs, and need not be looked at any closer. */
    if ((float)n * c.loop->cost[1] < 2 * elufast_tune.thread_work) {
        body(&c, 0, n);
        return;
    }
    c.streams = pays_to_stream(&c, n);
    run_on_threads(&c, body, n);
}
