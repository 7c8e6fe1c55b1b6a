"""The source of the GPU kernels, compiled for the processor at hand.

What CUDA gives a kernel stands before it, and the threads of a grid follow one another.
"""

import ctypes
import subprocess

import numpy as np
from compilers import compiler_or_skip, flags_for_the_bits_of_the_ufuncs

from elufast import _cuda_source as source
from elufast._ufuncs import ROWS

# A GPU faults where 16 bytes are not at a multiple of 16. A processor does not, so a sanitizer
# counts such accesses (its own library would print them).
_BEFORE = """
#if defined(__x86_64__)
#include <immintrin.h>
#else
#define _mm_getcsr() 0u
#define _mm_setcsr(settings) ((void)(settings))
#endif
#define ELUFAST_GLOBAL static __attribute__((noinline)) void
#define ELUFAST_UNROLL
#define ELUFAST_ROLLED
#define ELUFAST_ALIGNED(bytes) __attribute__((aligned(bytes)))
static struct { unsigned x; } gridDim, blockDim, blockIdx, threadIdx;
int misaligned;
void __ubsan_handle_type_mismatch_v1(void *what, void *address) {
    (void)what;
    misaligned += address != 0;
}
"""

# On a GPU these are instructions, which keep what is subnormal in float16 whatever becomes of a
# float; so are these of a processor. The headers' own are multiplications.
_CONVERSIONS = """
#define ELUFAST_HALF_H
typedef unsigned short elufast_f16;
static float elufast_f32_from_f16(elufast_f16 x) { return _cvtsh_ss(x); }
static elufast_f16 elufast_f16_from_f32(float x) { return _cvtss_sh(x, 0); }
"""

# The threads come last to first: none may wait for what another has done.
_LAUNCH = """
void launch_{name}(unsigned blocks, unsigned threads, void **arrays, elufast_i64 n,
                   const elufast_computed *parameters, int flush) {{
    unsigned before = _mm_getcsr();
    (void)parameters;
    if (flush) _mm_setcsr(before | 0x8040); /* subnormal results and operands are 0 */
    gridDim.x = blocks;
    blockDim.x = threads;
    for (blockIdx.x = blocks; blockIdx.x-- > 0;)
        for (threadIdx.x = threads; threadIdx.x-- > 0;) {name}({arguments});
    _mm_setcsr(before);
}}
"""


def _launch(row, name):
    count = len(row.data) + row.nout
    arguments = [f"arrays[{k}]" for k in range(count)] + ["n"]
    if name.endswith("given"):
        arguments += [f"parameters[{k}]" for k in range(len(row.parameters))]
    return _LAUNCH.format(name=name, arguments=", ".join(arguments))


def _program(dtype, literals, conversions):
    element = source.ELEMENTS[dtype.name]
    parts = [_BEFORE, conversions, source.preamble(element, literals=literals)]
    for row in ROWS:
        defaults = source.defaults_as(row, dtype) if literals else None
        parts.append(source.kernel(row, element, defaults))
        parts.append(_launch(row, source.kernel_name(row, element, literals=literals)))
    return "\n".join(parts)


class Kernels:
    """All kernels of a type, with the defaults as literals or with given parameters."""

    def __init__(self, dtype, literals, folder, like_a_gpu=False):
        self.dtype, self.literals = dtype, literals
        stem = folder / f"{dtype.name}_{literals}_{like_a_gpu}"
        text, made, library = (stem.with_suffix(end) for end in (".c", ".o", ".so"))
        instructions = _CONVERSIONS if like_a_gpu and dtype == np.float16 else ""
        text.write_text(_program(dtype, literals, instructions))
        flags = [*flags_for_the_bits_of_the_ufuncs(), *(["-mf16c"] if like_a_gpu else [])]
        flags += ["-O2", "-fPIC", "-fno-strict-aliasing", "-fsanitize=alignment"]
        flags += ["-fno-tree-vectorize"]  # or it faults, where it should count
        warnings = ["-Wall", "-Wextra", "-Werror"]
        compiler = compiler_or_skip("cc")
        subprocess.run([compiler, *flags, *warnings, "-c", text, "-o", made], check=True)
        subprocess.run([compiler, "-shared", made, "-o", library, "-lm"], check=True)
        self.library = ctypes.CDLL(str(library))

    def run(self, row, addresses, n, parameters, grid=(3, 64), flush=False):
        """Call a kernel with the addresses of the data and the outputs."""
        name = source.kernel_name(row, source.ELEMENTS[self.dtype.name], literals=self.literals)
        computed = np.float64 if self.dtype == np.float64 else np.float32
        given = np.array(parameters, self.dtype).astype(computed)
        getattr(self.library, f"launch_{name}")(
            *(ctypes.c_uint(size) for size in grid),
            (ctypes.c_void_p * len(addresses))(*addresses),
            ctypes.c_int64(n),
            given.ctypes,
            ctypes.c_int(flush),
        )

    def misaligned(self):
        """How many accesses so far a GPU would not have borne."""
        return ctypes.c_int.in_dll(self.library, "misaligned").value

    def __call__(self, row, data, parameters, **how):
        """Return what a kernel makes of arrays, as a tuple."""
        arrays = [np.ascontiguousarray(array, self.dtype) for array in data]
        outs = tuple(np.empty_like(arrays[0]) for _ in range(row.nout))
        addresses = [array.ctypes.data for array in (*arrays, *outs)]
        self.run(row, addresses, arrays[0].size, parameters, **how)
        return outs
