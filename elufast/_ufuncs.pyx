# cython: language_level=3, binding=True, embedsignature=False
# cython: freethreading_compatible = True
"""The ufuncs, made from the rows of functions.inc, and the settings of the loops."""

import os
from collections import namedtuple

import numpy as np

cimport numpy as cnp
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


cdef extern from "_caches.h":
    size_t elufast_last_cache()


cdef extern from "_costs.h":
    float elufast_cost(const elufast_function *, elufast_type, int is_default)


cdef extern from "_parallel.h":
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
        object ufunc, int row, object plain, object given, object numpy_ufunc
    ) except -1


cdef extern from "_foreign_call.h":
    int elufast_prepare_foreign_calls() except -1


cdef extern from "_plain_call.h":
    int elufast_prepare_plain_calls() except -1


cdef extern from "_iterate.h":
    unsigned long elufast_iterated_calls()
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
        elufast_install_call(ufunc, row, plain, given, np.negative)
        public[ROWS[row].name] = ufunc
    return public


in_use = chosen_instruction_set()
elufast_tune.stream = in_use.stream[0]
# An output that fills the cache leaves nothing of itself there that a reader would find.
elufast_tune.stream_bytes = elufast_last_cache()
prepare_tables()
elufast_prepare_threads()
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


def set_threads(int count):
    elufast_set_threads(count)


def get_tuning():
    """What decides how long arrays are run: see elufast_tuning in _inner_loop.h."""
    return {
        "stream_bytes": elufast_tune.stream_bytes,
        "stream_cost": elufast_tune.stream_cost,
        "thread_work": elufast_tune.thread_work,
    }


def set_tuning(size_t stream_bytes, float stream_cost, float thread_work):
    """For tests and benchmarks; not while a function runs."""
    elufast_tune.stream_bytes = stream_bytes
    elufast_tune.stream_cost = stream_cost
    elufast_tune.thread_work = thread_work


def iterated_calls():
    """How many calls so far walked through their arrays without NumPy, for the tests."""
    return elufast_iterated_calls()


def threads_in_use():
    """By long loops now, and the most at once since the last call of this, for the tests."""
    cdef int most
    now = elufast_threads_in_use(&most)
    return now, most


def get_threads():
    """The number, and which rule it came from (an index into the names in _threads.py)."""
    cdef elufast_threads_origin origin
    count = elufast_get_threads(&origin)
    return count, <int>origin
