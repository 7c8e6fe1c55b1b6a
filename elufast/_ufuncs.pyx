# cython: language_level=3, binding=True, embedsignature=False
# cython: freethreading_compatible = True
"""The ufuncs, made from the rows of functions.inc, and the settings of the loops."""

import os
from collections import namedtuple

import numpy as np

cimport cython
cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.pycapsule cimport PyCapsule_New
from libc.string cimport memcpy

cnp.import_array()
cnp.import_ufunc()


cdef extern from "_kernels.h":
    enum: ELUFAST_FUNCTIONS
    enum: ELUFAST_TYPES
    enum: ELUFAST_NUMPY_TYPES
    enum: ELUFAST_MAX_OPERANDS
    ctypedef enum elufast_type:
        ELUFAST_BFLOAT16
    ctypedef struct elufast_kernels:
        pass


cdef extern from "_moves.h":
    ctypedef struct elufast_moves:
        pass


cdef extern from "_functions.h":
    ctypedef struct elufast_function:
        const char *name
        int data, parameters, out
        const char *input_names[4]
        double defaults[2]
    const elufast_function elufast_functions[]


cdef extern from "_stream.h":
    ctypedef void elufast_stream(char *to, const char *from_, size_t count)


cdef extern from "_dispatch.h":
    ctypedef struct elufast_instruction_set:
        const char *name
        const elufast_kernels (*kernels)[ELUFAST_FUNCTIONS][ELUFAST_TYPES]
        const elufast_moves *moves
        elufast_stream *const *stream
        int (*is_supported)()
    const elufast_instruction_set elufast_instruction_sets[]
    const int elufast_instruction_set_count


cdef extern from "_inner_loop.h":
    enum: ELUFAST_LARGEST_ITEM
    enum: ELUFAST_SOURCES
    ctypedef enum elufast_source:
        ELUFAST_DEFAULTS, ELUFAST_OPERANDS, ELUFAST_OF_THE_CALL
    ctypedef struct elufast_loop:
        const elufast_function *function
        elufast_type type
        elufast_kernels kernels
        const elufast_moves *moves
        size_t item_size
        float cost[2]
        elufast_source source
        char defaults[2][ELUFAST_LARGEST_ITEM]
    void elufast_inner_loop(char **, const cnp.npy_intp *, const cnp.npy_intp *, void *) nogil
    ctypedef struct elufast_tuning:
        elufast_stream *stream
        size_t stream_bytes
        float stream_cost, thread_work
    elufast_tuning elufast_tune


cdef extern from "_parameters.h":
    ctypedef struct elufast_parameters:
        double values[2]
    elufast_parameters *elufast_current_parameters() nogil


cdef extern from "_caches.h":
    size_t elufast_last_cache()


cdef extern from "_costs.h":
    float elufast_cost(const elufast_function *, elufast_type, int is_default)


cdef extern from "_parallel.h":
    size_t elufast_whole_part
    int elufast_share_pool(int yes)

cdef extern from "_team.h":
    void elufast_configure_team(int are_passive, int limit)
    size_t elufast_parts_to_wake
    size_t elufast_errands_run()


cdef extern from "_thread_count.h":
    ctypedef enum elufast_threads_origin:
        pass
    void elufast_prepare_threads()
    void elufast_configure_threads(int environment, int quota, int processors)
    void elufast_set_threads(int count)
    int elufast_get_threads(elufast_threads_origin *origin)
    int elufast_threads_in_use(int *most)
    int elufast_openmp_version()


cdef extern from "_call.h":
    int elufast_install_call(
        object ufunc, int row, object plain, object given, const elufast_loop *plain_loops,
        const elufast_loop *given_loops, object numpy_ufunc,
    ) except -1


cdef extern from "_foreign_call.h":
    int elufast_prepare_foreign_calls() except -1


cdef extern from "_plain_call.h":
    int elufast_prepare_plain_calls() except -1
    int elufast_read_parameter(object number, double *value)


cdef extern from "_request.h":
    int elufast_prepare_requests() except -1


cdef extern from "_own_call.h":
    unsigned long elufast_walked_calls()


cdef extern from "_iterate.h":
    int elufast_prepare_iterating() except -1


cdef extern from "_promotion.h":
    int elufast_add_promoter(object ufunc) except -1


cdef extern from "_bfloat16.h":
    int elufast_prepare_bfloat16(int (*register_loops)(int) except -1) except -1
    int elufast_meet_bfloat16() except -1


cdef extern from "numpy/ufuncobject.h":
    int PyUFunc_RegisterLoopForType(
        cnp.ufunc ufunc, int usertype, cnp.PyUFuncGenericFunction function, const int *arg_types,
        void *data,
    ) except -1


cdef extern from "_tensors.h":
    ctypedef struct elufast_exchange:
        pass
    ctypedef struct elufast_run:
        cnp.npy_intp n
        char type_kind
        size_t item_size
        char *arrays[ELUFAST_MAX_OPERANDS]
        cnp.npy_intp steps[ELUFAST_MAX_OPERANDS]
    const elufast_exchange *elufast_exchange_of(object capsule) except NULL
    int elufast_read_tensors(
        elufast_run *, const elufast_exchange *, PyObject *const *tensors, int count
    )


cdef extern from "_row_calls.h":
    const char *ELUFAST_ROW_CALLS_CAPSULE
    ctypedef struct elufast_row_calls:
        int (*read_parameter)(object number, double *value)
        int (*run)(
            int row, char type_kind, size_t item_size, cnp.npy_intp n, char **arrays,
            const cnp.npy_intp *steps, const double *parameters,
        ) noexcept nogil


cdef extern from *:
    """
    #if defined(__clang__)
    #define ELUFAST_COMPILER "clang " __clang_version__
    #elif defined(__GNUC__)
    #define ELUFAST_COMPILER "gcc " __VERSION__
    #elif defined(_MSC_VER)
    #define ELUFAST_STRING_OF(x) #x
    #define ELUFAST_STRING(x) ELUFAST_STRING_OF(x)
    #define ELUFAST_COMPILER "MSVC " ELUFAST_STRING(_MSC_VER)
    #else
    #define ELUFAST_COMPILER "unknown"
    #endif
    """
    const char *ELUFAST_COMPILER
    const char *ELUFAST_NUMPY_VERSION


Row = namedtuple("Row", "name data parameters nout")
Row.__doc__ = "One public function: the names of its arrays, its parameters with their defaults."

# NumPy's own, in the order of elufast_type.
cdef str TYPES = "efdg"

# All of this is given to NumPy, which keeps the addresses; it lives as long as the process.
cdef elufast_loop loops[ELUFAST_SOURCES][ELUFAST_FUNCTIONS][ELUFAST_TYPES]
cdef cnp.PyUFuncGenericFunction functions[ELUFAST_NUMPY_TYPES]
cdef void *loop_data[ELUFAST_SOURCES][ELUFAST_FUNCTIONS][ELUFAST_NUMPY_TYPES]
cdef char loop_types[ELUFAST_MAX_OPERANDS + 1][ELUFAST_NUMPY_TYPES * ELUFAST_MAX_OPERANDS]

# All that were made, the hidden ones too: by source and row.
cdef dict made = {}

cdef const elufast_instruction_set *in_use = NULL


cdef const elufast_instruction_set *chosen_instruction_set() except NULL:
    """The best one that this machine has, or the one that ELUFAST_ISA names."""
    wanted = os.environ.get("ELUFAST_ISA", "").strip().lower()
    cdef list usable = []
    cdef int i
    for i in range(elufast_instruction_set_count):
        name = elufast_instruction_sets[i].name.decode()
        if not elufast_instruction_sets[i].is_supported():
            continue
        usable.append(name)
        if not wanted or name == wanted:
            return &elufast_instruction_sets[i]
    raise ImportError(
        f"ELUFAST_ISA={wanted!r} is not an instruction set that this build of elufast and this "
        f"machine have; choose one of {', '.join(usable)}"
    )


cdef describe(int row):
    cdef const elufast_function *f = &elufast_functions[row]
    names = [f.input_names[i].decode() for i in range(f.data + f.parameters)]
    parameters = {names[f.data + i]: f.defaults[i] for i in range(f.parameters)}
    return Row(f.name.decode(), tuple(names[:f.data]), parameters, f.out)


cdef elufast_loop *fill_loop(elufast_source source, int row, int kind, dtype) except NULL:
    cdef elufast_loop *loop = &loops[<int>source][row][kind]
    cdef bytes value
    loop.function = &elufast_functions[row]
    loop.type = <elufast_type>kind
    loop.kernels = in_use.kernels[0][row][kind]
    loop.moves = in_use.moves
    loop.item_size = dtype.itemsize
    loop.cost[0] = elufast_cost(loop.function, <elufast_type>kind, True)
    loop.cost[1] = elufast_cost(loop.function, <elufast_type>kind, False)
    loop.source = source
    for i in range(loop.function.parameters):
        # NumPy's own rounding, so that a default is the number that a given one would be.
        value = np.array(loop.function.defaults[i], dtype).tobytes()
        memcpy(loop.defaults[i], <const char *>value, loop.item_size)
    return loop


cdef make(int row, elufast_source source):
    cdef const elufast_function *f = &elufast_functions[row]
    cdef int inputs = f.data + (f.parameters if source == ELUFAST_OPERANDS else 0)
    for kind in range(ELUFAST_NUMPY_TYPES):
        loop_data[<int>source][row][kind] = fill_loop(source, row, kind, np.dtype(TYPES[kind]))
    ufunc = cnp.PyUFunc_FromFuncAndData(
        functions, loop_data[<int>source][row], loop_types[inputs + f.out], ELUFAST_NUMPY_TYPES,
        inputs, f.out, cnp.PyUFunc_None, f.name, NULL, 0,
    )
    elufast_add_promoter(ufunc)
    made[<int>source, row] = ufunc
    return ufunc


cdef int register_bfloat16(int number) except -1:
    """The loops for the type that has this number in NumPy."""
    cdef int types[ELUFAST_MAX_OPERANDS]
    for i in range(ELUFAST_MAX_OPERANDS):
        types[i] = number
    dtype = cnp.PyArray_DescrFromType(number)
    for (source, row), ufunc in made.items():
        PyUFunc_RegisterLoopForType(
            <cnp.ufunc>ufunc, number, <cnp.PyUFuncGenericFunction>elufast_inner_loop, types,
            fill_loop(source, row, ELUFAST_BFLOAT16, dtype),
        )
    return 0


cdef void prepare_tables():
    for kind in range(ELUFAST_NUMPY_TYPES):
        functions[kind] = <cnp.PyUFuncGenericFunction>elufast_inner_loop
        character = np.dtype(TYPES[kind]).num
        for operands in range(1, ELUFAST_MAX_OPERANDS + 1):
            for i in range(operands):
                loop_types[operands][kind * operands + i] = character


def _make_ufuncs():
    public = {}
    for row in range(ELUFAST_FUNCTIONS):
        ufunc = make(row, ELUFAST_OPERANDS)
        plain, given = make(row, ELUFAST_DEFAULTS), make(row, ELUFAST_OF_THE_CALL)
        elufast_install_call(
            ufunc, row, plain, given, loops[<int>ELUFAST_DEFAULTS][row],
            loops[<int>ELUFAST_OF_THE_CALL][row], np.negative,
        )
        public[ROWS[row].name] = ufunc
    return public


in_use = chosen_instruction_set()
elufast_tune.stream = in_use.stream[0]
# An output that fills the cache leaves nothing of itself there that a reader would find.
elufast_tune.stream_bytes = elufast_last_cache()
prepare_tables()
elufast_prepare_threads()
elufast_prepare_requests()
elufast_prepare_iterating()
elufast_prepare_plain_calls()
elufast_prepare_foreign_calls()
ROWS = tuple([describe(row) for row in range(ELUFAST_FUNCTIONS)])
UFUNCS = _make_ufuncs()
elufast_prepare_bfloat16(register_bfloat16)
elufast_meet_bfloat16()


def build_info():
    """What this build is made of, for the configuration report."""
    cdef int version = elufast_openmp_version()
    return {
        "compiler": ELUFAST_COMPILER.decode(),
        "isa_built": [
            elufast_instruction_sets[i].name.decode() for i in range(elufast_instruction_set_count)
        ],
        "cache": elufast_last_cache(),
        "streams": in_use.stream[0] != NULL,
        "isa": in_use.name.decode(),
        "openmp": str(version) if version else None,
        "numpy_abi": ELUFAST_NUMPY_VERSION.decode(),
    }


def configure_threads(int environment, int quota, int processors):
    """What the environment says (0: nothing) and the container allows (0: no limit)."""
    elufast_configure_threads(environment, quota, processors)


def configure_team(int are_passive, int limit):
    """What the environment says of threads that wait, and of their number (0: nothing)."""
    elufast_configure_team(are_passive, limit)


def set_threads(int count):
    elufast_set_threads(count)


def get_tuning():
    """What decides how long arrays are run: see _inner_loop.h, _parallel.h and _team.h."""
    return {
        "stream_bytes": elufast_tune.stream_bytes,
        "stream_cost": elufast_tune.stream_cost,
        "thread_work": elufast_tune.thread_work,
        "whole_part": elufast_whole_part,
        "parts_to_wake": elufast_parts_to_wake,
    }


def set_tuning(
    size_t stream_bytes,
    float stream_cost,
    float thread_work,
    size_t whole_part,
    size_t parts_to_wake,
):
    """For tests and benchmarks; not while a function runs."""
    global elufast_whole_part, elufast_parts_to_wake
    elufast_whole_part = whole_part
    elufast_parts_to_wake = parts_to_wake
    elufast_tune.stream_bytes = stream_bytes
    elufast_tune.stream_cost = stream_cost
    elufast_tune.thread_work = thread_work


def walked_calls():
    """How many calls so far walked through their arrays without NumPy, for the tests."""
    return elufast_walked_calls()


def threads_in_use():
    """By long loops now, and the most at once since the last call of this, for the tests."""
    cdef int most
    now = elufast_threads_in_use(&most)
    return now, most


def share_pool(int yes):
    """Whether long loops take the threads that OpenMP keeps for all who use it, and did before."""
    return bool(elufast_share_pool(yes))


def errands_run():
    """How many times threads of the team have helped since they were started, for the tests."""
    return elufast_errands_run()


def get_threads():
    """The number, and which rule it came from (an index into the names in _threads.py)."""
    cdef elufast_threads_origin origin
    count = elufast_get_threads(&origin)
    return count, <int>origin


# ---- tensors of other libraries ----

# Below it, letting other Python threads run costs more than they gain; NumPy's own number.
cdef cnp.npy_intp RELEASE_FROM = 500


@cython.auto_pickle(False)
cdef class TensorLoops:
    """The loops over the tensors of a library that has DLPack's exchange of C functions.

    `empty_like` is that library's, and `is_lazy` tells whether a tensor's numbers are not those in
    its memory. Floating-point errors are not reported, as they are not by such libraries. Without
    a `capsule` every way is the longer one.
    """

    cdef const elufast_exchange *exchange
    cdef object empty_like, is_lazy

    def __init__(self, capsule, empty_like, is_lazy):
        self.exchange = NULL if capsule is None else elufast_exchange_of(capsule)
        self.empty_like, self.is_lazy = empty_like, is_lazy

    cpdef one(self, int row, x, tuple parameters):
        """Return the function of `row` of a tensor, or None: there is a longer way to go."""
        if self.exchange == NULL or self.is_lazy(x):
            return None
        out = self.empty_like(x)
        cdef PyObject *operands[2]
        operands[0], operands[1] = <PyObject *>x, <PyObject *>out
        return out if self.run(row, operands, 2, parameters) else None

    cpdef two(self, int row, grad, x, tuple parameters):
        """Return the function of `row` of two tensors, in the layout of `x`; or None."""
        if self.exchange == NULL or self.is_lazy(grad) or self.is_lazy(x):
            return None
        out = self.empty_like(x)
        cdef PyObject *operands[3]
        operands[0], operands[1], operands[2] = <PyObject *>grad, <PyObject *>x, <PyObject *>out
        return out if self.run(row, operands, 3, parameters) else None

    cdef bint run(self, int row, PyObject *const *operands, int count, tuple parameters) except -1:
        if not 0 <= row < ELUFAST_FUNCTIONS:
            raise IndexError(f"no row {row}: there are {<int>ELUFAST_FUNCTIONS}")
        cdef const elufast_function *f = &elufast_functions[row]
        cdef elufast_parameters given = elufast_parameters([0, 0])
        cdef elufast_run run
        cdef int i
        if count != f.data + f.out or len(parameters) != f.parameters:
            raise TypeError("another number of operands")
        for i in range(f.parameters):
            if not elufast_read_parameter(parameters[i], &given.values[i]):
                return False
        if not elufast_read_tensors(&run, self.exchange, operands, count):
            return False
        if run.n >= RELEASE_FROM:
            with nogil:
                return run_row(
                    row, run.type_kind, run.item_size, run.n, run.arrays, run.steps, given.values
                )
        return run_row(
            row, run.type_kind, run.item_size, run.n, run.arrays, run.steps, given.values
        )


cdef int kind_of(char type_kind, size_t item_size) noexcept nogil:
    """Which loop; -1 if there is none."""
    cdef int kind
    if type_kind == b"b":  # registered, that is filled in, once ml_dtypes has come
        return ELUFAST_BFLOAT16 if loops[0][0][<int>ELUFAST_BFLOAT16].item_size else -1
    for kind in range(ELUFAST_NUMPY_TYPES):
        if loops[0][0][kind].item_size == item_size:
            return kind
    return -1


cdef int run_row(
    int row, char type_kind, size_t item_size, cnp.npy_intp n, char **arrays,
    const cnp.npy_intp *steps, const double *parameters,
) noexcept nogil:
    """As elufast_row_calls has it."""
    cdef const elufast_function *f = &elufast_functions[row]
    cdef int kind = kind_of(type_kind, item_size), i
    if kind < 0:
        return False
    cdef elufast_source source = ELUFAST_DEFAULTS
    cdef elufast_parameters *current = elufast_current_parameters()
    cdef elufast_parameters outer = current[0]
    for i in range(f.parameters):
        current.values[i] = parameters[i]
        if parameters[i] != f.defaults[i]:
            source = ELUFAST_OF_THE_CALL
    elufast_inner_loop(arrays, &n, steps, &loops[<int>source][row][kind])
    current[0] = outer
    return True


cdef elufast_row_calls row_calls
row_calls.read_parameter = elufast_read_parameter
row_calls.run = run_row
ROW_CALLS = PyCapsule_New(&row_calls, ELUFAST_ROW_CALLS_CAPSULE, NULL)


# ---- what knows PyTorch ----


@cython.auto_pickle(False)
cdef class TorchCalls:
    """What a torch.autograd.Function has to do, and the call of it, for plain tensors.

    Here and not in Python for the time it takes: a call out of the ordinary gets None, and goes on
    in _torch_calls.py. `level_of` is torch.autograd.forward_ad.
    """

    cdef TensorLoops loops
    cdef int value, gradient
    cdef object plain_type, other_plain_type, is_grad_enabled, level_of
    cdef object has_modes, has_transforms, is_tracing

    def __init__(
        self, loops, value, gradient, plain_types, is_grad_enabled, level_of, has_modes,
        has_transforms, is_tracing,
    ):
        self.loops, self.value, self.gradient = loops, value, gradient
        self.plain_type, self.other_plain_type = plain_types
        self.is_grad_enabled, self.level_of, self.has_modes = is_grad_enabled, level_of, has_modes
        self.has_transforms, self.is_tracing = has_transforms, is_tracing

    def call(self, apply, x, tuple parameters):
        """Return the activation of x, with a graph where it needs one; None: not so plain."""
        if type(x) is not self.plain_type and type(x) is not self.other_plain_type:
            return None
        if self.has_modes() or self.level_of._current_level >= 0 or self.is_tracing():
            return None
        if x.requires_grad and self.is_grad_enabled():
            return None if self.has_transforms() else apply(x, parameters)
        return self.loops.one(self.value, x, parameters)

    def backward(self, grad, x, tuple parameters):
        """Return the gradient where no graph of its own is asked for; or None."""
        if self.is_grad_enabled() or self.has_modes() or self.level_of._current_level >= 0:
            return None
        return self.loops.two(self.gradient, grad, x, parameters)
