#include "_call.h"

#include "_functions.h"
#include "_iterate.h"

#define NO_IMPORT_ARRAY
#include <numpy/arrayobject.h>

enum { MAX_INPUTS = ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS };
/* Operands and every keyword that a ufunc knows; a longer (wrong) call goes to the heap. */
enum { SMALL_STACK = 16 };

typedef struct {
    vectorcallfunc numpy_call; /* what stood in the slot */
    PyObject *plain;
    PyObject *names[MAX_INPUTS]; /* interned */
    PyObject *defaults[ELUFAST_MAX_PARAMETERS];
} call_data;

static call_data calls[ELUFAST_FUNCTIONS];
static PyObject *out_name;

/* ---- where a call may skip the parameters: see `is_plain` ---- */

static int is_native_float(PyArray_Descr *descr) {
    int type = descr->type_num;
    int is_float = (type >= NPY_FLOAT && type <= NPY_LONGDOUBLE) || type == NPY_HALF;
    return is_float && PyArray_ISNBO(descr->byteorder);
}

/* No subclass: it might override, and would then see a ufunc that nobody knows. */
static int is_plain_array(PyObject *object) {
    return PyArray_CheckExact(object) && is_native_float(PyArray_DESCR((PyArrayObject *)object));
}

/* Of a native type too: then no error can arise that would name the other ufunc. */
static int is_plain_out(PyObject *object) {
    if (object == Py_None || is_plain_array(object)) return 1;
    if (!PyTuple_CheckExact(object)) return 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(object); i++) {
        PyObject *item = PyTuple_GET_ITEM(object, i);
        if (item != Py_None && !is_plain_array(item)) return 0;
    }
    return 1;
}

/* A call with the data alone, at most with out=, on arrays of NumPy's own floats: there the ufunc
 * without parameter inputs gives the same result, at half the price. */
static int is_plain(const elufast_function *f, PyObject *const *args, Py_ssize_t count,
                    PyObject *keywords) {
    if (count != f->data) return 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        int is_lone_float = f->data == 1 && PyFloat_CheckExact(args[i]);
        if (!is_lone_float && !is_plain_array(args[i])) return 0;
    }
    if (keywords == NULL || PyTuple_GET_SIZE(keywords) == 0) return 1;
    return PyTuple_GET_SIZE(keywords) == 1 && PyTuple_GET_ITEM(keywords, 0) == out_name &&
           is_plain_out(args[count]);
}

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

static PyObject *missing_error(const elufast_function *f, PyObject *const *inputs) {
    if (f->data == 2 && inputs[0] == NULL && inputs[1] == NULL) {
        return PyErr_Format(PyExc_TypeError,
                            "%s() missing 2 required positional arguments: '%s' and '%s'", f->name,
                            f->input_names[0], f->input_names[1]);
    }
    return PyErr_Format(PyExc_TypeError, "%s() missing 1 required positional argument: '%s'",
                        f->name, f->input_names[inputs[0] == NULL ? 0 : 1]);
}

/* All inputs are in their places; `callee` is the ufunc that takes so many. */
static PyObject *call_placed(int row, PyObject *ufunc, PyObject *callee, PyObject *const *args,
                             Py_ssize_t count, PyObject *keywords) {
    const call_data *data = &calls[row];
    elufast_arguments arguments = {ufunc,    &elufast_functions[row], args, count,
                                   keywords, data->defaults};
    PyObject *result;
    if (elufast_iterate(&arguments, &result)) return result;
    return data->numpy_call(callee, args, (size_t)count, keywords);
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
    PyObject *small[SMALL_STACK], **stack = small;
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
    result = call_placed(row, ufunc, ufunc, stack, placed, other_names);
done:
    Py_XDECREF(other_names);
    if (stack != small) PyMem_Free(stack);
    return result;
}

static PyObject *call_row(int row, PyObject *ufunc, PyObject *const *args, size_t flags,
                          PyObject *keywords) {
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    const call_data *data = &calls[row];
    if (is_plain(&elufast_functions[row], args, count, keywords)) {
        return call_placed(row, ufunc, data->plain, args, count, keywords);
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

int elufast_install_call(PyObject *ufunc, int row, PyObject *plain, PyObject *numpy_ufunc) {
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
    if (out_name == NULL && (out_name = PyUnicode_InternFromString("out")) == NULL) return -1;
    for (int i = 0; i < f->data + f->parameters; i++) {
        data->names[i] = PyUnicode_InternFromString(f->input_names[i]);
        if (data->names[i] == NULL) return -1;
    }
    for (int i = 0; i < f->parameters; i++) {
        data->defaults[i] = PyFloat_FromDouble(f->defaults[i]);
        if (data->defaults[i] == NULL) return -1;
    }
    data->plain = Py_NewRef(plain);
    data->numpy_call = *slot;
    *slot = slots[row];
    return 0;
}
