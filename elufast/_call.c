#include "_call.h"

#include "_bfloat16.h"
#include "_direct_call.h"
#include "_direct_number.h"
#include "_direct_walk.h"
#include "_foreign_call.h"
#include "_functions.h"
#include "_inner_loop.h"
#include "_iterate.h"
#include "_plain_call.h"
#include "_request.h"

enum { MAX_INPUTS = ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS };
/* Operands and every keyword that a ufunc knows; a longer (wrong) call goes to the heap. */
enum { SMALL_STACK = 16 };

typedef struct {
    vectorcallfunc numpy_call;   /* what stood in the slot */
    PyObject *plain, *given;     /* without inputs for the parameters: see elufast_install_call */
    PyObject *names[MAX_INPUTS]; /* interned */
    PyObject *defaults[ELUFAST_MAX_PARAMETERS];
    const elufast_loop *plain_loops, *given_loops; /* of all types */
} call_data;

static call_data calls[ELUFAST_FUNCTIONS];

/* ---- keywords into their places ---- */

static int same_name(PyObject *a, PyObject *b) { return a == b || PyUnicode_Compare(a, b) == 0; }

/* Which input the keyword names, -1 if none. */
static int input_index(const call_data *data, int inputs, PyObject *keyword) {
    for (int i = 0; i < inputs; i++) {
        if (data->names[i] == keyword) return i;
    }
    for (int i = 0; i < inputs; i++) {
        if (same_name(data->names[i], keyword)) return i;
    }
    return -1;
}

static int names_casting(PyObject *names) {
    for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++) {
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), "casting") == 0) return 1;
    }
    return 0;
}

static PyObject *missing_error(const elufast_function *f, PyObject *const *inputs) {
    if (f->data == 2 && inputs[0] == NULL && inputs[1] == NULL) {
        return PyErr_Format(PyExc_TypeError,
                            "%s() missing 2 required positional arguments: '%s' and '%s'", f->name,
                            f->input_names[0], f->input_names[1]);
    }
    return PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'",
                        f->name, f->input_names[inputs[0] == NULL ? 0 : 1]);
}

/* All inputs are in their places. */
static elufast_arguments arguments_of(int row, PyObject *ufunc, PyObject *const *args,
                                      Py_ssize_t count, PyObject *keywords) {
    elufast_arguments arguments = {ufunc,    &elufast_functions[row], args, count,
                                   keywords, calls[row].defaults};
    return arguments;
}

/* 1: done, *result is a new reference, or NULL with an exception. */
static int call_without_numpy(const elufast_arguments *arguments, PyObject **result) {
    elufast_request request;
    return elufast_have_axes(arguments) && elufast_read_request(&request, arguments) &&
           (elufast_walk_directly(&request, result) || elufast_iterate(&request, result));
}

static PyObject *call_with_parameters(int row, PyObject *ufunc, PyObject *const *args,
                                      Py_ssize_t count, PyObject *keywords) {
    const elufast_function *f = &elufast_functions[row];
    const call_data *data = &calls[row];
    const int inputs = f->data + f->parameters, operands = inputs + f->out;
    Py_ssize_t keyword_count = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (count > operands) {
        return PyErr_Format(PyExc_TypeError,
                            "%s() takes from %d to %d positional arguments but %zd were given",
                            f->name, f->data, operands, count);
    }
    PyObject *small[SMALL_STACK], **stack = small, *made[MAX_INPUTS] = {NULL};
    if (operands + keyword_count > SMALL_STACK) {
        stack = PyMem_New(PyObject *, (size_t)(operands + keyword_count));
        if (stack == NULL) return PyErr_NoMemory();
    }
    PyObject *result = NULL, *other_names = NULL;
    Py_ssize_t placed = count > inputs ? count : inputs, others = 0;
    for (Py_ssize_t i = 0; i < placed; i++) stack[i] = i < count ? args[i] : NULL;

    for (Py_ssize_t i = 0; i < keyword_count; i++) {
        PyObject *keyword = PyTuple_GET_ITEM(keywords, i);
        int place = input_index(data, inputs, keyword);
        if (place < 0) {
            stack[placed + others++] = args[count + i];
            continue;
        }
        if (stack[place] != NULL) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", f->name,
                         keyword);
            goto done;
        }
        stack[place] = args[count + i];
    }
    for (int i = 0; i < inputs; i++) {
        if (stack[i] != NULL) continue;
        if (i < f->data) {
            missing_error(f, stack);
            goto done;
        }
        stack[i] = data->defaults[i - f->data];
    }
    if (others == keyword_count) {
        other_names = Py_XNewRef(keywords);
    } else if (others > 0) {
        other_names = PyTuple_New(others);
        if (other_names == NULL) goto done;
        Py_ssize_t to = 0;
        for (Py_ssize_t i = 0; i < keyword_count; i++) {
            PyObject *keyword = PyTuple_GET_ITEM(keywords, i);
            if (input_index(data, inputs, keyword) < 0) {
                PyTuple_SET_ITEM(other_names, to++, Py_NewRef(keyword));
            }
        }
    }
    if (names_casting(other_names) &&
        (elufast_meet_bfloat16() < 0 || elufast_make_bfloat16(stack, inputs, made) < 0)) {
        goto done;
    }
    elufast_arguments arguments = arguments_of(row, ufunc, stack, placed, other_names);
    if (!elufast_call_foreign(&arguments, &result) && !call_without_numpy(&arguments, &result)) {
        result = data->numpy_call(ufunc, stack, (size_t)placed, other_names);
    }
done:
    for (int i = 0; i < inputs; i++) Py_XDECREF(made[i]);
    Py_XDECREF(other_names);
    if (stack != small) PyMem_Free(stack);
    return result;
}

/* Another call can begin before this one ends, in a finalizer or in an error's handler. */
static PyObject *call_given(const call_data *data, const elufast_plain_call *call,
                            PyObject *const *args, size_t count) {
    elufast_parameters *current = elufast_current_parameters(), outer = *current;
    *current = call->parameters;
    PyObject *result = data->numpy_call(data->given, args, count, call->keywords);
    *current = outer;
    return result;
}

static PyObject *call_plain(int row, PyObject *ufunc, elufast_plain_call *call) {
    const elufast_function *f = &elufast_functions[row];
    const call_data *data = &calls[row];
    PyObject *result;
    if (elufast_call_directly(call, f, data->plain_loops, data->given_loops, &result) ||
        elufast_compute_numbers(call, f, data->plain_loops, data->given_loops, &result)) {
        return result;
    }
    elufast_arguments arguments =
        arguments_of(row, ufunc, call->items, call->count, call->keywords);
    if (call_without_numpy(&arguments, &result)) return result;
    PyObject **args = call->items + f->parameters;
    size_t count = (size_t)(call->count - f->parameters);
    for (int i = f->data - 1; i >= 0; i--) args[i] = call->items[i];
    if (!call->is_default) return call_given(data, call, args, count);
    return data->numpy_call(data->plain, args, count, call->keywords);
}

static PyObject *call_row(int row, PyObject *ufunc, PyObject *const *args, size_t flags,
                          PyObject *keywords) {
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    const call_data *data = &calls[row];
    elufast_plain_call plain;
    if (elufast_read_plain_call(&plain, &elufast_functions[row], data->names, data->defaults, args,
                                count, keywords)) {
        return call_plain(row, ufunc, &plain);
    }
    return call_with_parameters(row, ufunc, args, count, keywords);
}

/* A slot is given the ufunc and not the row; one function each spares a look-up. */
#define ELUFAST_FUNCTION(name, family, shape)                                          \
    static PyObject *call_##name(PyObject *ufunc, PyObject *const *args, size_t flags, \
                                 PyObject *keywords) {                                 \
        return call_row(ELUFAST_ROW_##name, ufunc, args, flags, keywords);             \
    }
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

static const vectorcallfunc slots[ELUFAST_FUNCTIONS] = {
#define ELUFAST_FUNCTION(name, family, shape) call_##name,
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};

/* ---- installation ---- */

/* By CPython's protocol rather than by NumPy's struct, whose layout is not ours to know. */
static vectorcallfunc *slot_of(PyObject *ufunc) {
    Py_ssize_t offset = Py_TYPE(ufunc)->tp_vectorcall_offset;
    if (!PyType_HasFeature(Py_TYPE(ufunc), Py_TPFLAGS_HAVE_VECTORCALL) || offset <= 0) return NULL;
    return (vectorcallfunc *)((char *)ufunc + offset);
}

int elufast_install_call(PyObject *ufunc, int row, PyObject *plain, PyObject *given,
                         const elufast_loop *plain_loops, const elufast_loop *given_loops,
                         PyObject *numpy_ufunc) {
    const elufast_function *f = &elufast_functions[row];
    call_data *data = &calls[row];
    vectorcallfunc *slot = slot_of(ufunc), *numpy_slot = slot_of(numpy_ufunc);
    if (slot == NULL || numpy_slot == NULL || *slot != *numpy_slot || *slot == NULL) {
        PyErr_SetString(
            PyExc_ImportError,
            "elufast does not know how this version of NumPy calls its ufuncs "
            "(no common vectorcall slot); another version of NumPy or of elufast is needed");
        return -1;
    }
    for (int i = 0; i < f->data + f->parameters; i++) {
        data->names[i] = PyUnicode_InternFromString(f->input_names[i]);
        if (data->names[i] == NULL) return -1;
    }
    for (int i = 0; i < f->parameters; i++) {
        data->defaults[i] = PyFloat_FromDouble(f->defaults[i]);
        if (data->defaults[i] == NULL) return -1;
    }
    data->plain = Py_NewRef(plain);
    data->given = Py_NewRef(given);
    data->plain_loops = plain_loops;
    data->given_loops = given_loops;
    data->numpy_call = *slot;
    *slot = slots[row];
    return 0;
}
