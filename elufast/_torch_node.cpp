// The activations of plain tensors as nodes of PyTorch's autograd, without Python between the two.
// elufast.torch.build_native() compiles it against the PyTorch that is there; whatever is out of
// the ordinary goes back to the Python that calls it.
#include "_row_calls.h"

#include <ATen/ops/empty_like.h>
#include <ATen/record_function.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/python_variable.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/utils/object_ptr.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string>

namespace {

using at::Tensor;
using torch::autograd::variable_list;

constexpr int max_parameters = 2;

// From here on other threads of Python may run; as in the ufuncs.
constexpr int64_t release_from = 500;

struct Activation {
    const elufast_row_calls *calls;
    int value, gradient;  // the rows
    int parameters;
    std::string name;           // that of the function of autograd
    PyObject *call, *backward;  // of Python, for what is out of the ordinary; never released
};

using Parameters = std::array<double, max_parameters>;

// ---- plain tensors ----

// Nobody but the CPU and autograd has a say: no mode, no transform, no trace, no lazy negation.
// What autocast changes does not concern these functions.
bool is_plain_in_this_call(const Tensor &x) {
    const c10::DispatchKeySet ordinary(
        {c10::DispatchKey::CPU, c10::DispatchKey::AutogradCPU, c10::DispatchKey::ADInplaceOrView,
         c10::DispatchKey::BackendSelect, c10::DispatchKey::AutocastCPU});
    const auto here = c10::impl::tls_local_dispatch_key_set();
    const auto keys = (x.key_set() | here.included_) - here.excluded_;
    // By bits: the difference of two sets would have the backend still in it.
    return (keys.raw_repr() & ~ordinary.raw_repr()) == 0 && !torch::autograd::isFwGradDefined(x);
}

char type_kind(const Tensor &x) {
    switch (x.scalar_type()) {
        case at::kHalf:
        case at::kFloat:
        case at::kDouble:
            return 'f';
        case at::kBFloat16:
            return 'b';
        default:
            return 0;
    }
}

bool has_whole_elements(const Tensor &x) {
    const auto address = reinterpret_cast<uintptr_t>(x.const_data_ptr());
    return x.numel() == 0 || (address != 0 && address % x.element_size() == 0);
}

bool is_readable(const Tensor &x) {
    return type_kind(x) != 0 && is_plain_in_this_call(x) && x.has_storage() &&
           x.is_non_overlapping_and_dense() && has_whole_elements(x);
}

// The step of a gradient in the order in which x lies, in elements; -1 if there is none.
ptrdiff_t find_step(const Tensor &grad, const Tensor &x) {
    if (grad.scalar_type() != x.scalar_type() || grad.sizes() != x.sizes()) return -1;
    if (!is_plain_in_this_call(grad) || !grad.has_storage() || !has_whole_elements(grad)) return -1;
    if (grad.strides() == x.strides()) return 1;
    const auto strides = grad.strides();  // that of a sum is one number, expanded
    return std::all_of(strides.begin(), strides.end(), [](int64_t s) { return s == 0; }) ? 0 : -1;
}

Tensor new_like(const Tensor &x) {
    at::AutoDispatchBelowADInplaceOrView guard;
    return at::empty_like(x);
}

void *address(const Tensor &x) { return const_cast<void *>(x.const_data_ptr()); }

Tensor value_of(const Activation &a, const Tensor &x, const Parameters &parameters) {
    Tensor y = new_like(x);
    const ptrdiff_t item = static_cast<ptrdiff_t>(x.element_size()), steps[] = {item, item};
    char *arrays[] = {static_cast<char *>(address(x)), static_cast<char *>(y.mutable_data_ptr())};
    const bool done =
        a.calls->run(a.value, type_kind(x), item, x.numel(), arrays, steps, parameters.data());
    return done ? y : Tensor();
}

Tensor gradient_of(const Activation &a, const Tensor &grad, const Tensor &x,
                   const Parameters &parameters) {
    if (!is_readable(x)) return {};
    const ptrdiff_t step = find_step(grad, x), item = static_cast<ptrdiff_t>(x.element_size());
    if (step < 0) return {};
    Tensor dx = new_like(x);
    const ptrdiff_t steps[] = {step * item, item, item};
    char *arrays[] = {static_cast<char *>(address(grad)), static_cast<char *>(address(x)),
                      static_cast<char *>(dx.mutable_data_ptr())};
    const bool done =
        a.calls->run(a.gradient, type_kind(x), item, x.numel(), arrays, steps, parameters.data());
    return done ? dx : Tensor();
}

// ---- Python ----

[[noreturn]] void throw_raised() {
    python_error error;
    error.persist();
    throw error;
}

Tensor gradient_from_python(const Activation &a, const Tensor &grad, const Tensor &x,
                            const Parameters &parameters) {
    pybind11::gil_scoped_acquire gil;
    THPObjectPtr numbers(PyTuple_New(a.parameters));
    if (!numbers) throw_raised();
    for (int i = 0; i < a.parameters; i++) {
        PyObject *number = PyFloat_FromDouble(parameters[i]);
        if (number == nullptr) throw_raised();
        PyTuple_SET_ITEM(numbers.get(), i, number);
    }
    THPObjectPtr py_grad(THPVariable_Wrap(grad)), py_x(THPVariable_Wrap(x));
    if (!py_grad || !py_x) throw_raised();
    THPObjectPtr result(PyObject_CallFunctionObjArgs(a.backward, py_grad.get(), py_x.get(),
                                                     numbers.get(), nullptr));
    if (!result) throw_raised();
    return THPVariable_Unpack(result.get());
}

// ---- the node ----

struct ActivationBackward : public torch::autograd::Node {
    const Activation *activation;
    Parameters parameters;
    torch::autograd::SavedVariable saved_x;

    ActivationBackward(const Activation *activation, const Tensor &x, const Parameters &parameters)
        : Node(torch::autograd::collect_next_edges(x)),
          activation(activation),
          parameters(parameters),
          saved_x(x, /*is_output=*/false) {}

    std::string name() const override { return activation->name + "Backward"; }

    void release_variables() override {
        std::lock_guard<std::mutex> lock(mutex_);
        saved_x.reset_data();
    }

    variable_list apply(variable_list &&grads) override {
        // What follows may have given none: zeros then, as in functions of autograd in Python.
        const Tensor grad = grads[0].defined() ? grads[0] : input_metadata(0).zeros_like();
        const Tensor x = unpacked();
        Tensor dx;
        if (!at::GradMode::is_enabled()) dx = gradient_of(*activation, grad, x, parameters);
        return {dx.defined() ? dx : gradient_from_python(*activation, grad, x, parameters)};
    }

   private:
    Tensor unpacked() {
        std::lock_guard<std::mutex> lock(mutex_);
        return saved_x.unpack(getptr());  // which allows that it has been detached meanwhile
    }
};

// ---- the call ----

constexpr const char *activation_capsule = "elufast.torch.Activation";

Activation *activation_of(PyObject *capsule) {
    return static_cast<Activation *>(PyCapsule_GetPointer(capsule, activation_capsule));
}

bool read_parameters(const Activation &a, PyObject *numbers, Parameters *parameters) {
    if (!PyTuple_CheckExact(numbers) || PyTuple_GET_SIZE(numbers) != a.parameters) return false;
    for (int i = 0; i < a.parameters; i++) {
        if (!a.calls->read_parameter(PyTuple_GET_ITEM(numbers, i), &(*parameters)[i])) return false;
    }
    return true;
}

// The result with its graph, or nothing.
Tensor called(const Activation &a, PyObject *x_object, PyObject *numbers) {
    Parameters parameters{};
    if (!THPVariable_CheckExact(x_object) || !read_parameters(a, numbers, &parameters)) return {};
    const Tensor &x = THPVariable_Unpack(x_object);
    if (!is_readable(x)) return {};
    RECORD_FUNCTION(a.name, std::vector<c10::IValue>({x}));
    Tensor y;
    if (x.numel() < release_from) {
        y = value_of(a, x, parameters);
    } else {
        pybind11::gil_scoped_release others;
        y = value_of(a, x, parameters);
    }
    // Nothing is saved before it is sure that this is the way: hooks see what is saved.
    if (y.defined() && torch::autograd::compute_requires_grad(x)) {
        auto node = c10::make_intrusive<ActivationBackward>(&a, x, parameters);
        torch::autograd::set_history(y, node);
    }
    return y;
}

PyObject *call(PyObject *capsule, PyObject *const *arguments, Py_ssize_t count) {
    HANDLE_TH_ERRORS
    const Activation *a = activation_of(capsule);
    if (a == nullptr) return nullptr;
    if (count == 3) {  // the call of autograd's function that goes the other way, x, the parameters
        Tensor y = called(*a, arguments[1], arguments[2]);
        if (y.defined()) return THPVariable_Wrap(std::move(y));
    }
    return PyObject_Vectorcall(a->call, arguments, static_cast<size_t>(count), nullptr);
    END_HANDLE_TH_ERRORS
}

PyMethodDef call_method = {"call", reinterpret_cast<PyCFunction>(reinterpret_cast<void *>(call)),
                           METH_FASTCALL, nullptr};

// make(the function's name, value's row, gradient's row, number of parameters, ROW_CALLS, call,
// backward): a function with the arguments of `call`.
PyObject *make(PyObject *, PyObject *arguments) {
    const char *name;
    int value, gradient, parameters;
    PyObject *table, *other_call, *backward;
    if (!PyArg_ParseTuple(arguments, "siiiOOO", &name, &value, &gradient, &parameters, &table,
                          &other_call, &backward)) {
        return nullptr;
    }
    const void *calls = PyCapsule_GetPointer(table, ELUFAST_ROW_CALLS_CAPSULE);
    if (calls == nullptr) return nullptr;
    TORCH_INTERNAL_ASSERT(parameters <= max_parameters);
    auto *a = new Activation{static_cast<const elufast_row_calls *>(calls),
                             value,
                             gradient,
                             parameters,
                             name,
                             Py_NewRef(other_call),
                             Py_NewRef(backward)};
    // Nodes of graphs point to it, for as long as there are any: it stays.
    THPObjectPtr capsule(PyCapsule_New(a, activation_capsule, nullptr));
    return capsule ? PyCFunction_New(&call_method, capsule.get()) : nullptr;
}

PyMethodDef methods[] = {{"make", make, METH_VARARGS, nullptr}, {}};
PyModuleDef module = {PyModuleDef_HEAD_INIT, "elufast's nodes of PyTorch's autograd", nullptr, -1,
                      methods};

}  // namespace

#define ELUFAST_JOINED(a, b) a##b
#define ELUFAST_INIT(name) ELUFAST_JOINED(PyInit_, name)

PyMODINIT_FUNC ELUFAST_INIT(TORCH_EXTENSION_NAME)(void) { return PyModule_Create(&module); }
