"""elufast.torch.build_native(): C++ in the place of Python, or a clear error and nothing changed.

That everything else stays as it was is for tests/test_torch.py --native-torch.
"""

import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ninja")

COMPARED = """
import sys, torch, elufast.torch as e

def passes():
    out = []
    for kind in (torch.float32, torch.float64):
        x = torch.linspace(-9, 3, 1001, dtype=kind, requires_grad=True)
        for call in (e.elu, lambda x: e.elu(x, 0.5), e.selu, lambda x: e.selu(x, 1.2, 0.7), e.celu):
            y = call(x)
            out += [y.detach(), *torch.autograd.grad(y, x, x.detach().flip(0))]
            out += torch.autograd.grad(call(x).sum(), x)
    return out
"""


@pytest.fixture(scope="module")
def built():
    """Have it compiled, once."""
    run("e.build_native()")


def run(script, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", COMPARED + script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bits_are_those_of_the_functions_in_python(built):
    run("""
before = passes()
e.build_native()
e.build_native()  # again
after = passes()
assert len(before) == 30 and all(a.equal(b) for a, b in zip(before, after, strict=True))
""")


def test_no_python_is_run_between_forward_and_backward(built):
    run("""
e.build_native()
x = torch.linspace(-9, 3, 1001, requires_grad=True)
torch.autograd.grad(e.elu(x), x, torch.ones_like(x))  # PyTorch imports on first use
y = e.elu(x)
assert type(y.grad_fn).__name__ == "CppFunction"
assert y.grad_fn.name() == "EluFunctionBackward"
called = []
sys.setprofile(lambda frame, event, what: called.append(frame.f_code.co_filename))
torch.autograd.grad(y, x, torch.ones_like(y))
sys.setprofile(None)
assert called and not [name for name in called if "elufast" in name], set(called)
""")


def test_what_is_out_of_the_ordinary_goes_back_to_python(built):
    """And its exceptions arrive as they are."""
    run("""
e.build_native()
x = torch.linspace(-9, 3, 12, requires_grad=True)
for strange in (x[::2], x.reshape(3, 4).T, torch.nn.Parameter(x.detach()), x.neg().conj()):
    torch.autograd.grad(e.elu(strange).sum(), strange)
(g,) = torch.autograd.grad(e.elu(x).sum(), x, create_graph=True)
assert g.requires_grad
with torch.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t.to_sparse()):
    y = e.elu(x)
try:
    torch.autograd.grad(y.sum(), x)
except NotImplementedError as error:
    assert "elufast::elu_backward" in str(error), error
else:
    raise AssertionError("no error")
for wrong, said in (([1.0], "not list"), (x.to(torch.int64), "not torch.int64")):
    try:
        e.elu(wrong)
    except TypeError as error:
        assert said in str(error), error
    else:
        raise AssertionError("no error")
""")


def test_what_is_saved_is_saved_once(built):
    """Also where the call goes the other way after all: bfloat16, before ml_dtypes has come."""
    run("""
import torch.utils.checkpoint as c
e.build_native()
x = torch.linspace(-3, 1, 6, dtype=torch.bfloat16).requires_grad_()
assert "ml_dtypes" not in sys.modules
c.checkpoint(lambda x: e.elu(x), x, use_reentrant=False).sum().backward()
assert x.grad.isfinite().all()
""")


def test_a_gradient_that_is_none_is_zeros(built):
    run("""
class Nones(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.clone()
    @staticmethod
    def backward(ctx, g): return None
def gradient():
    x = torch.ones(5, requires_grad=True)
    return torch.autograd.grad(Nones.apply(e.elu(x)).sum(), x)[0]
before = gradient()
e.build_native()
assert before.equal(torch.zeros(5)) and gradient().equal(before)
""")


def test_an_input_may_be_detached_later(built):
    run("""
e.build_native()
x = torch.full((4,), -1.0, requires_grad=True)
z = x * 1
y = e.elu(z)
z.detach_()
y.sum().backward()
assert (x.grad - torch.tensor(-1.0).exp()).abs().max() < 1e-6
""")


def test_a_profile_has_the_name_of_the_function(built):
    run("""
from torch.profiler import profile
e.build_native()
with profile() as p:
    e.elu(torch.ones(5, requires_grad=True)).sum().backward()
names = {event.name for event in p.events()}
assert {"EluFunction", "EluFunctionBackward"} <= names, names
""")


def test_a_large_parameter_is_not_rounded_twice(built):
    """What is not normal in float16 goes the way of the ufuncs."""
    run("""
e.build_native()
x = torch.tensor([-1.0, 1.0], dtype=torch.float16)
import numpy, elufast
for alpha in (1e5, 1e-7, float("inf"), float("nan")):
    with numpy.errstate(all="ignore"):
        expected = elufast.elu(x.numpy(), numpy.float16(alpha))
    numpy.testing.assert_array_equal(e.elu(x, alpha).numpy(), expected)
""")


def test_threads_share_a_graph(built):
    run("""
import threading
e.build_native()
x = torch.linspace(-9, 3, 100_001, requires_grad=True)
expected = torch.autograd.grad(e.elu(x), x, torch.ones_like(x))[0]
y, found = e.elu(x), []
def work():
    for _ in range(50):
        found.append(torch.autograd.grad(y, x, torch.ones_like(x), retain_graph=True)[0])
        found.append(torch.autograd.grad(e.elu(x), x, torch.ones_like(x))[0])
workers = [threading.Thread(target=work) for _ in range(4)]
[w.start() for w in workers]; [w.join() for w in workers]
assert len(found) == 400 and all(f.equal(expected) for f in found)
""")


def test_memory_is_given_back(built):
    run("""
import resource
e.build_native()
x = torch.linspace(-9, 3, 1_000_000, requires_grad=True)
def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def work():
    for _ in range(20):
        torch.autograd.grad(e.elu(x).sum(), x)
        e.elu(x)  # its graph is never used
work()
before = most()
work(); work()
assert most() - before < 20_000, most() - before  # KiB: five tensors
""")


def test_without_a_compiler_it_is_an_error_and_nothing_changes(tmp_path):
    said = run(
        """
before = passes()
try:
    e.build_native()
except RuntimeError as error:
    print(error)
assert all(a.equal(b) for a, b in zip(before, passes(), strict=True))
assert type(e.elu(torch.ones(1, requires_grad=True)).grad_fn).__name__ == "EluFunctionBackward"
""",
        PATH=str(tmp_path),
        CXX=str(tmp_path / "no-such-compiler"),
        TORCH_EXTENSIONS_DIR=str(tmp_path),
    )
    assert "could not compile" in said
    assert "ninja" in said
