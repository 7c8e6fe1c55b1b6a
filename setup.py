"""Builds the one extension: the loops once for each instruction set, and the rest once."""

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

# Exact results need every operation where it stands: no contraction into fma, no fast-math. Not
# -fno-trapping-math either: it lets the compiler compute what a select was to keep from being
# computed, which raises flags for nothing. gcc vectorises all of the formulas without it.
EXACT = ["-ffp-contract=off", "-fno-math-errno"]
# Without -g0, Python's own flags would make the extension five times as large (debug information).
COMMON = ["-O3", "-g0", "-std=gnu11", "-fvisibility=hidden"]
OPENMP = ["-fopenmp"]
# gcc orders operations before it gives out registers, with which it is stingy on x86: 1 to 3 % of a
# long formula's time, and much more where the steps of several elements are to be mixed
# (elufast/_lane_loops.inc). How long an instruction takes is about the same everywhere.
SCHEDULED = ["-fschedule-insns", "-fsched-pressure"]
ORDERS = {
    "avx2": [*SCHEDULED, "-mtune=haswell"],
    # Tuned for that processor alone, gcc would prefer registers of 256 bits: see below.
    "avx512": [*SCHEDULED, "-mtune=skylake-avx512", "--param=sched-pressure-algorithm=2"],
}
# Without the tables that debuggers and profilers go by from within a loop to its caller: 29 KB less
# in a wheel. Loops call loops alone.
LOOPS_ONLY = ["-fno-asynchronous-unwind-tables"]
# Where there are other instruction sets, the speed of the baseline is not worth the space either
# that the last few turns of each loop take where they are written one after the other: 40 KB.
COMPACT = ["--param=max-completely-peel-times=1"]
# For `restrict`, _Alignas and a preprocessor as the standard has it. No /openmp: that is version 2,
# which has no atomic reads.
MSVC = ["/std:c11"]

# Beyond the baseline: the flags, and a macro that tells the dispatcher that it was built.
INSTRUCTION_SETS = {
    "avx2": ["-mavx2", "-mfma", "-mf16c"],
    "avx512": [
        *("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mf16c"),
        "-mprefer-vector-width=512",
    ],
}

# Compiled for each of them, the rest once.
LOOPS = [
    "elufast/_loops.c",
    "elufast/_half_loops.c",
    "elufast/_bfloat_loops.c",
    "elufast/_moderate_loops.c",
    "elufast/_ordinary_loops.c",
    "elufast/_ordinary_half_loops.c",
    "elufast/_ordinary_bfloat_loops.c",
    "elufast/_placed_loops.c",
    "elufast/_turned_loops.c",
    "elufast/_past_loops.c",
    "elufast/_ordinary_past_loops.c",
    "elufast/_moves.c",
    "elufast/_stream.c",
]
OTHER_SOURCES = [
    "elufast/_ufuncs.pyx",
    "elufast/_bfloat16.c",
    "elufast/_caches.c",
    "elufast/_call.c",
    "elufast/_costs.c",
    "elufast/_direct_call.c",
    "elufast/_direct_number.c",
    "elufast/_direct_walk.c",
    "elufast/_crew.c",
    "elufast/_dispatch.c",
    "elufast/_extents.c",
    "elufast/_float_modes.c",
    "elufast/_foreign_call.c",
    "elufast/_functions.c",
    "elufast/_inner_loop.c",
    "elufast/_item_types.c",
    "elufast/_iterate.c",
    "elufast/_job.c",
    "elufast/_long_loops.c",
    "elufast/_openmp.c",
    "elufast/_overlap.c",
    "elufast/_own_call.c",
    "elufast/_parallel.c",
    "elufast/_parameters.c",
    "elufast/_past_caches.c",
    "elufast/_plain_call.c",
    "elufast/_processor.c",
    "elufast/_promotion.c",
    "elufast/_region.c",
    "elufast/_request.c",
    "elufast/_team.c",
    "elufast/_tensors.c",
    "elufast/_thread_count.c",
    "elufast/_walk.c",
    "elufast/_walk_axes.c",
    "elufast/_walk_blocks.c",
    "elufast/_walk_calls.c",
    "elufast/_walk_in_order.c",
    "elufast/_walk_integers.c",
    "elufast/_walk_past_caches.c",
    "elufast/_walk_placing.c",
    "elufast/_walk_plan.c",
    "elufast/_walk_repeats.c",
    "elufast/_walk_rows.c",
    "elufast/_walk_squares.c",
    "elufast/_walk_tiles.c",
    "elufast/_worker.c",
]
HEADERS = [str(p) for d in ("include/elufast", "elufast") for p in Path(d).glob("*.[hi]*")]
OPENMP_PROBE = "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n"
CPU_PROBE = '#include <immintrin.h>\nint main(void) { return __builtin_cpu_supports("avx2"); }\n'


class BuildExtension(build_ext):
    """What the compiler can do is tried out; `show_config` says what it could not."""

    def build_extension(self, ext):
        is_msvc = self.compiler.compiler_type == "msvc"
        is_gnu_like = not is_msvc and self.works(EXACT)
        if is_msvc:
            ext.extra_compile_args += MSVC
        if is_gnu_like:
            ext.extra_compile_args += COMMON + EXACT
            if self.wants_openmp() and self.works(OPENMP, OPENMP_PROBE):
                ext.extra_compile_args += OPENMP
                ext.extra_link_args += OPENMP
        if sys.platform != "win32":
            ext.libraries.append("m")
        if sys.platform == "linux":
            ext.libraries.append("dl")  # glibc before 2.34 has dlsym there
        taken = self.those_that_work if is_gnu_like else lambda flags: []
        self.loops_only = taken(LOOPS_ONLY) if sys.platform == "linux" else []
        wanted = {"baseline": []}
        for name, flags in INSTRUCTION_SETS.items():
            if is_gnu_like and self.works(flags, CPU_PROBE):
                ext.define_macros.append((f"ELUFAST_HAVE_{name.upper()}", "1"))
                wanted[name] = flags + taken(ORDERS[name])
        if len(wanted) > 1:
            wanted["baseline"] = taken(COMPACT)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for objects in pool.map(
                partial(self.compile_loops, ext), *zip(*wanted.items(), strict=True)
            ):
                ext.extra_objects += objects
        super().build_extension(ext)

    def wants_openmp(self):
        """ELUFAST_OPENMP=0 leaves it out, also where the compiler has it."""
        return os.environ.get("ELUFAST_OPENMP", "").strip() != "0"

    def compile_loops(self, ext, name, flags):
        """Compile them for one instruction set, into a folder of its own."""
        return self.compiler.compile(
            LOOPS,
            output_dir=str(Path(self.build_temp, name)),
            macros=[
                ("ELUFAST_TABLE", f"elufast_kernels_{name}"),
                ("ELUFAST_MOVES", f"elufast_moves_{name}"),
                ("ELUFAST_STREAM", f"elufast_stream_{name}"),
            ],
            include_dirs=ext.include_dirs,
            extra_postargs=ext.extra_compile_args + self.loops_only + flags,
            depends=ext.depends,
        )

    def those_that_work(self, flags):
        return [flag for flag in flags if self.works([flag])]

    def works(self, flags, program="int main(void) { return 0; }\n"):
        """Whether a program compiles and links with these flags."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text(program)
            try:
                objects = self.compiler.compile(
                    [str(source)], output_dir=folder, extra_postargs=["-Werror", *flags]
                )
                self.compiler.link_executable(
                    objects, str(Path(folder, "probe")), extra_postargs=flags
                )
            except (CompileError, LinkError):
                return False
        return True


extension = Extension(
    "elufast._ufuncs",
    sources=OTHER_SOURCES,
    include_dirs=["include", "elufast", np.get_include()],
    define_macros=[
        ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
        ("NPY_TARGET_VERSION", "NPY_2_2_API_VERSION"),
        ("PY_ARRAY_UNIQUE_SYMBOL", "elufast_ARRAY_API"),
        ("PY_UFUNC_UNIQUE_SYMBOL", "elufast_UFUNC_API"),
        ("ELUFAST_NUMPY_VERSION", f'"{np.__version__}"'),
    ],
    depends=["setup.py", *LOOPS, *HEADERS],
)

setup(
    # Forced: what lies there may have been generated against another version of NumPy.
    ext_modules=cythonize([extension], force=True, quiet=True),
    cmdclass={"build_ext": BuildExtension},
)
