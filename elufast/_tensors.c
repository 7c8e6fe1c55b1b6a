#include "_tensors.h"

/* ---- DLPack 1.x, as far as it is used: its layout is fixed for all versions 1 ---- */

enum { DLPACK_MAJOR = 1, DLPACK_CPU = 1, DLPACK_FLOAT = 2, DLPACK_BFLOAT = 4 };

typedef struct {
    uint32_t major, minor;
} dlpack_version;

typedef struct {
    void *data;
    struct {
        int32_t type, id;
    } device;
    int32_t ndim;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides; /* the latter in elements */
    uint64_t byte_offset;
} dlpack_tensor;

/* DLPackExchangeAPI; of its functions only the one that lends a tensor to its caller is called. */
struct elufast_exchange {
    dlpack_version version;
    const elufast_exchange *previous;
    void (*allocate)(void), (*export_tensor)(void), (*import_tensor)(void);
    int (*lend_tensor)(void *object, dlpack_tensor *out);
    void (*stream)(void);
};

const elufast_exchange *elufast_exchange_of(PyObject *capsule) {
    const elufast_exchange *exchange = PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
    if (exchange == NULL) return NULL;
    while (exchange != NULL && exchange->version.major > DLPACK_MAJOR) {
        exchange = exchange->previous;
    }
    if (exchange == NULL || exchange->version.major != DLPACK_MAJOR ||
        exchange->lend_tensor == NULL) {
        PyErr_SetString(PyExc_ValueError, "no version 1 of DLPack's exchange that lends tensors");
        return NULL;
    }
    return exchange;
}

/* ---- what can be walked through ---- */

static int is_readable(const dlpack_tensor *t) {
    const size_t size = t->dtype.bits / 8;
    const int is_float = (t->dtype.code == DLPACK_FLOAT && (size == 2 || size == 4 || size == 8)) ||
                         (t->dtype.code == DLPACK_BFLOAT && size == 2);
    return t->device.type == DLPACK_CPU && is_float && t->dtype.lanes == 1 &&
           ((uintptr_t)t->data + t->byte_offset) % size == 0;
}

static int is_like(const dlpack_tensor *a, const dlpack_tensor *b) {
    if (a->dtype.code != b->dtype.code || a->dtype.bits != b->dtype.bits) return 0;
    if (a->ndim != b->ndim) return 0;
    for (int axis = 0; axis < a->ndim; axis++) {
        if (a->shape[axis] != b->shape[axis]) return 0;
    }
    return 1;
}

/* The step between elements in the order in which `result` has them, if there is one. */
static int find_step(const dlpack_tensor *t, const dlpack_tensor *result, ptrdiff_t *step) {
    int axes = 0, like_result = 1, only_one = 1;
    *step = 1;
    for (int axis = 0; axis < t->ndim; axis++) {
        if (t->shape[axis] == 1) continue;
        axes++;
        if (t->strides[axis] != result->strides[axis]) like_result = 0;
        if (t->strides[axis] != 0) only_one = 0;
        if (axes == 1) *step = t->strides[axis];
    }
    if (axes <= 1) return 1;
    *step = only_one ? 0 : 1;
    return only_one || like_result;
}

int elufast_read_tensors(elufast_run *run, const elufast_exchange *exchange,
                         PyObject *const *tensors, int count) {
    dlpack_tensor read[ELUFAST_MAX_OPERANDS];
    const dlpack_tensor *result = &read[count - 1];
    for (int i = 0; i < count; i++) {
        if (exchange->lend_tensor(tensors[i], &read[i]) != 0) {
            PyErr_Clear();
            return 0;
        }
        if (!is_readable(&read[i]) || !is_like(&read[i], &read[0])) return 0;
    }
    run->n = 1;
    for (int axis = 0; axis < result->ndim; axis++) run->n *= (ptrdiff_t)result->shape[axis];
    run->item_size = result->dtype.bits / 8;
    run->type_kind = result->dtype.code == DLPACK_BFLOAT ? 'b' : 'f';
    for (int i = 0; i < count; i++) {
        ptrdiff_t step;
        if (!find_step(&read[i], result, &step)) return 0;
        if (read[i].data == NULL && run->n > 0) return 0; /* zeros without memory */
        run->arrays[i] = (char *)read[i].data + read[i].byte_offset;
        run->steps[i] = step * (ptrdiff_t)run->item_size;
    }
    return 1;
}
