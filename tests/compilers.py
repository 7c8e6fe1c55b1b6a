"""What tests need that compile a program against the headers."""

import re
import shutil

import pytest
from support import REPOSITORY

import elufast

# Exact results need every operation where it stands; the fused multiply-add has to be there if the
# ufuncs use it. These are README's flags.
EXACT = ["-ffp-contract=off"]
INSTRUCTION_SETS = {"baseline": [], "avx2": ["-mfma"], "avx512": ["-mfma"], "neon": []}
WIDER = {"avx2": ["-mavx2"], "avx512": ["-mavx512f", "-mavx512vl", "-mprefer-vector-width=512"]}


def compiler_or_skip(name):
    """The path of a compiler; where there is none, the test is skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on this machine")
    return path


def flags_for_the_bits_of_the_ufuncs():
    """The flags with which the headers give the bits of the loops that are in use here."""
    return EXACT + INSTRUCTION_SETS[elufast.show_config("dict")["instruction_set"]]


def wider_flags():
    """More flags, for the registers that this machine has, which change no bit."""
    return WIDER.get(elufast.show_config("dict")["instruction_set"], [])


def readme_example(language, holding=""):
    """The one example in README in a language, of those that hold some text."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```$", (REPOSITORY / "README.md").read_text(), re.M | re.S
    )
    (example,) = [block for block in blocks if holding in block]
    return example
