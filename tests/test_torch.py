"""elufast.torch: the bits of the ufuncs, no copies, autograd of any order, PyTorch's manners.

All of it holds after build_native(), too: run this file with --native-torch.
"""

import copy
import doctest
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from support import assert_same_bits

import elufast
from elufast._ufuncs import ROWS

torch = pytest.importorskip("torch")

import elufast.torch as ours  # noqa: E402
from elufast import _torch_ops  # noqa: E402
from elufast._torch_arrays import as_array  # noqa: E402

F = torch.nn.functional
FAMILIES = [row for row in ROWS if row.data == ("x",) and "_" not in row.name]
PARAMETERS = {
    "elu": [(), (0.3,), (1.7,), (-0.6,), (0.0,), (1e-30,), (float("inf"),), (2,)],
    "selu": [(), (0.3,), (1.2, 0.7), (-0.6, 2.0), (1e30, 1.0)],
    "celu": [(), (0.3,), (1.7,), (-0.6,), (1e-30,), (3,)],
}
SMOOTH = {"elu": [(), (0.3,), (-0.6,)], "selu": [(), (0.7, 1.2)], "celu": [(), (0.4,), (2.5,)]}


def calls(table):
    return [(row.name, values) for row in FAMILIES for values in table[row.name]]


def id_of(call):
    return f"{call[0]}{call[1]}"


@pytest.fixture(params=["float16", "float32", "float64", "bfloat16"])
def kind(request):
    return getattr(torch, request.param)


@pytest.fixture(params=calls(PARAMETERS), ids=id_of)
def call(request):
    return request.param


@pytest.fixture(params=calls(SMOOTH), ids=id_of)
def smooth(request):
    return request.param


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(20170602)


def off_the_kink(*shape):
    """Numbers on both sides of 0, none so near that a difference quotient would step over it."""
    x = np.random.default_rng(5).uniform(0.05, 2.0, shape)
    x.ravel()[::2] *= -1
    return torch.from_numpy(x)


def expected(name, arrays, parameters):
    with np.errstate(all="ignore"):
        return getattr(elufast, name)(*arrays, *parameters)


LAYOUTS = {
    "contiguous": lambda x: x,
    "0-d": lambda x: x.flatten()[7],
    "empty": lambda x: x[:0],
    "transposed": lambda x: x.transpose(0, 2),
    "channels last": lambda x: x.unsqueeze(0).contiguous(memory_format=torch.channels_last),
    "steps": lambda x: x[:, ::2, 1:],
    "one step": lambda x: x.flatten()[::3],
    "expanded": lambda x: x[:, :1, :].expand(-1, 9, -1),
    "one number": lambda x: x[0, 0, 0].expand(5, 6),
    "permuted": lambda x: x.permute(1, 2, 0)[:, :, ::2],
}


# PyTorch's forward mode loads decompositions that are written in its own deprecated language.
pytestmark = pytest.mark.filterwarnings(r"ignore:`torch\.jit\..*:DeprecationWarning")


# Values


@pytest.mark.parametrize("layout", LAYOUTS)
def test_forward_and_backward_have_the_bits_of_the_ufuncs(call, kind, layout, generator):
    name, parameters = call
    x = LAYOUTS[layout](torch.randn(8, 9, 10, generator=generator).to(kind)).detach()
    grad = torch.randn(x.shape, generator=generator).to(kind)
    x.requires_grad_()
    y = getattr(ours, name)(x, *parameters)
    (dx,) = torch.autograd.grad(y, x, grad)
    for result in (y, dx):
        assert (result.dtype, result.shape) == (kind, x.shape)
    assert_same_bits(as_array(y), expected(name, [as_array(x)], parameters))
    arrays = [as_array(grad), as_array(x)]
    assert_same_bits(as_array(dx), expected(f"{name}_backward", arrays, parameters))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_results_have_the_layout_that_torch_gives(layout):
    x = LAYOUTS[layout](torch.randn(8, 9, 10))
    for row in FAMILIES:
        assert getattr(ours, row.name)(x).stride() == getattr(F, row.name)(x).stride()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_long_tensors_have_the_bits_of_the_ufuncs(count, kind, generator):
    elufast.set_num_threads(count)
    x = torch.randn(200_003, generator=generator).to(kind).requires_grad_()
    y = ours.selu(x, 1.5)
    (dx,) = torch.autograd.grad(y.sum(), x)
    assert_same_bits(as_array(y), elufast.selu(as_array(x), 1.5))
    ones = np.ones_like(as_array(x))
    assert_same_bits(as_array(dx), elufast.selu_backward(ones, as_array(x), 1.5))


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: row.name)
def test_the_second_derivative_has_the_bits_of_the_ufunc(row, kind, generator):
    x = torch.randn(1001, generator=generator).to(kind).requires_grad_()
    (dx,) = torch.autograd.grad(getattr(ours, row.name)(x).sum(), x, create_graph=True)
    (d2x,) = torch.autograd.grad(dx.sum(), x)
    array = as_array(x)
    slope = getattr(elufast, f"{row.name}_backward")(np.ones_like(array), array)
    assert_same_bits(as_array(dx), slope)
    assert_same_bits(as_array(d2x), getattr(elufast, f"{row.name}_grad2")(array))


def test_defaults_are_those_of_the_ufuncs():
    for row in FAMILIES:
        function = getattr(ours, row.name)
        assert function.__defaults__ == tuple(row.parameters.values())
        names = function.__code__.co_varnames[: function.__code__.co_argcount]
        assert names == ("x", *row.parameters)


def test_there_is_a_function_and_a_module_for_every_activation():
    assert len(FAMILIES) >= 3
    for row in FAMILIES:
        assert {row.name, row.name.upper(), f"{row.name.capitalize()}Function"} <= {*ours.__all__}


def test_overflow_is_not_reported():
    x = torch.full((20_000,), -80.0, requires_grad=True)
    for part in (x, x[:10], x[::2]):
        y = ours.celu(part, -0.5)
        assert (y == -np.inf).all()
        y.sum().backward()


@pytest.mark.parametrize("name", ["negated", "from NumPy", "misaligned", "parameter", "inference"])
def test_tensors_of_unusual_origin(name):
    values = np.linspace(-2, 2, 12).astype("f4")
    if name == "negated":
        x = torch.complex(torch.zeros(12), torch.from_numpy(-values)).conj().imag
        assert x.is_neg()
    elif name == "from NumPy":
        x = torch.from_numpy(values)
    elif name == "misaligned":
        x = torch.frombuffer(bytearray(b"-" + values.tobytes()), dtype=torch.float32, offset=1)
    elif name == "parameter":
        x = torch.nn.Parameter(torch.from_numpy(values))
    else:
        with torch.inference_mode():
            x = torch.from_numpy(values) * 1
    assert_same_bits(as_array(ours.elu(x)), elufast.elu(values))
    with torch.no_grad():
        assert_same_bits(as_array(ours.elu(x)), elufast.elu(values))


def test_a_gradient_may_be_negated():
    x = off_the_kink(10).requires_grad_()
    grad = torch.complex(torch.zeros(10).double(), off_the_kink(10)).conj().imag
    (dx,) = torch.autograd.grad(ours.elu(x), x, grad)
    assert_same_bits(as_array(dx), elufast.elu_backward(as_array(grad), as_array(x)))


# The checks of PyTorch


def test_gradcheck(smooth):
    name, parameters = smooth
    function = getattr(ours, name)
    for x in (off_the_kink(2, 5), off_the_kink(4, 6)[::2, 1:].t(), off_the_kink(1)[0]):
        x = x.detach().requires_grad_()
        assert torch.autograd.gradcheck(
            lambda x: function(x, *parameters),
            x,
            check_forward_ad=True,
            check_batched_grad=True,
            check_batched_forward_grad=True,
        )


def test_gradgradcheck(smooth):
    name, parameters = smooth
    function = getattr(ours, name)
    x = off_the_kink(2, 4).requires_grad_()
    assert torch.autograd.gradgradcheck(
        lambda x: function(x, *parameters), x, check_fwd_over_rev=True, check_batched_grad=True
    )


def test_derivatives_of_order_three_and_four(smooth):
    name, parameters = smooth
    x = off_the_kink(8).requires_grad_()
    y = getattr(ours, name)(x, *parameters)
    for _ in range(4):
        before = y
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    alpha = parameters[0] if parameters else 1.0
    factor = 1 / alpha if name == "celu" else 1.0
    (second,) = torch.autograd.grad(
        torch.autograd.grad(getattr(ours, name)(x, *parameters).sum(), x, create_graph=True)[
            0
        ].sum(),
        x,
    )
    assert torch.allclose(before, second * factor)
    assert torch.allclose(y, second * factor**2)


def test_opcheck(smooth):
    name, parameters = smooth
    values = parameters or tuple(next(r for r in ROWS if r.name == name).parameters.values())
    x, grad = off_the_kink(3, 4), off_the_kink(3, 4)
    tests = ("test_schema", "test_faketensor")
    operators = torch.ops.elufast
    torch.library.opcheck(getattr(operators, name).default, (x, *values), test_utils=tests)
    torch.library.opcheck(
        getattr(operators, f"{name}_grad2").default, (x, *values), test_utils=tests
    )
    torch.library.opcheck(
        getattr(operators, f"{name}_backward").default, (grad, x, *values), test_utils=tests
    )


# Memory


@pytest.fixture
def no_detours(monkeypatch):
    """Fail where a tensor would go through NumPy."""

    def fail(*arguments):
        raise AssertionError("through NumPy")

    monkeypatch.setattr(_torch_ops, "through_numpy", fail)


@pytest.mark.skipif(
    not hasattr(torch.Tensor, "__dlpack_c_exchange_api__"), reason="this PyTorch has no exchange"
)
@pytest.mark.parametrize("layout", sorted({*LAYOUTS} - {"steps", "expanded", "permuted"}))
def test_plain_tensors_go_straight_to_the_loops(layout, no_detours):
    x = LAYOUTS[layout](torch.randn(8, 9, 10)).detach().requires_grad_()
    for alpha in (1.0, 0.5):
        y = ours.elu(x, alpha)
        y.sum().backward()
        torch.autograd.grad(ours.elu(x, alpha), x, torch.empty_like(x))


@pytest.mark.parametrize("step", [1, 2])
def test_memory_is_read_in_place_and_results_own_theirs(step, monkeypatch):
    """No tensor is made but the results, and they lie elsewhere."""
    base = torch.randn(50_000)
    x = base.view(100, 500)[:, ::step].detach().requires_grad_()
    grad = torch.randn(100, 500)[:, ::step]
    seen = []
    empty_like = torch.empty_like
    monkeypatch.setattr(torch, "empty_like", lambda t: seen.append(empty_like(t)) or seen[-1])
    before = {t.untyped_storage().data_ptr() for t in (x, grad)}
    y = ours.elu(x)
    (dx,) = torch.autograd.grad(y, x, grad)
    assert x.data_ptr() == base.data_ptr()
    for result in (y, dx):
        storage = result.untyped_storage()
        assert storage.data_ptr() not in before
        assert storage.nbytes() == result.numel() * 4
    assert all(t.untyped_storage().resizable() for t in (x, grad, y, dx))
    assert y.data_ptr() != dx.data_ptr()
    if step == 2:
        assert [t.data_ptr() for t in seen] == [y.data_ptr(), dx.data_ptr()]


def test_an_array_on_a_tensor_is_its_memory():
    for kind in (torch.float16, torch.float32, torch.float64):
        x = torch.randn(4, 5).to(kind)[:, ::2].requires_grad_()
        array = as_array(x)
        assert array.__array_interface__["data"][0] == x.data_ptr()
        assert [*array.strides] == [step * x.element_size() for step in x.stride()]


def test_a_bfloat16_tensor_is_read_in_place():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = torch.randn(4, 5).bfloat16()[:, ::2]
    array = as_array(x)
    assert array.dtype == ml_dtypes.bfloat16
    assert array.__array_interface__["data"][0] == x.data_ptr()
    np.testing.assert_array_equal(array.astype("f4"), x.float().numpy())


def test_the_input_is_as_before():
    x = torch.randn(1001, requires_grad=True)
    before = x.detach().clone()
    ours.selu(x).sum().backward()
    assert torch.equal(x, before)
    assert x._version == 0


def test_an_input_changed_before_the_backward_pass_is_an_error():
    x = torch.randn(10, requires_grad=True)
    z = x * 1
    y = ours.elu(z)
    z.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_result_may_be_changed_in_place():
    x = off_the_kink(10).requires_grad_()
    y = ours.elu(x).mul_(2)
    y.sum().backward()
    assert_same_bits(as_array(x.grad), elufast.elu_backward(np.full(10, 2.0), as_array(x)))


def test_a_graph_is_gone_after_its_backward_pass():
    x = torch.randn(10, requires_grad=True)
    y = ours.elu(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_saved_tensors_can_be_packed():
    packed = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: packed.append(t) or t, lambda t: t):
        x = torch.randn(10, requires_grad=True)
        ours.elu(x).sum().backward()
    assert [t is x or torch.equal(t, x) for t in packed] == [True]


def test_there_is_a_way_without_the_exchange_of_c_functions():
    """What an older PyTorch has to do gives the same."""
    code = """
import torch
old = torch.Tensor.__dlpack__
torch.Tensor.__dlpack__ = lambda self, **k: old(self)
del torch.Tensor.__dlpack_c_exchange_api__
import elufast, elufast.torch as ours
x = torch.randn(5, 7)[:, ::2].requires_grad_()
y = ours.elu(x, 0.5)
(dx,) = torch.autograd.grad(y.sum(), x)
array = x.detach().numpy()
assert (y.detach().numpy() == elufast.elu(array, 0.5)).all()
assert (dx.numpy() == elufast.elu_grad(array, 0.5)).all()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# Modes


def test_a_graph_is_made_only_where_it_is_needed():
    x = torch.randn(5, requires_grad=True)
    assert ours.elu(x).grad_fn.name() == "EluFunctionBackward"
    assert ours.elu(x.detach()).grad_fn is None
    with torch.no_grad():
        assert not ours.elu(x).requires_grad
    with torch.inference_mode():
        y = ours.elu(x)
        assert y.is_inference()
        assert not y.requires_grad
    with pytest.raises(RuntimeError, match="does not require grad"):
        ours.elu(x.detach()).sum().backward()


def test_backward_passes_in_other_threads():
    x = torch.randn(5000, requires_grad=True)
    grads = [None] * 4

    def run(i):
        (grads[i],) = torch.autograd.grad(ours.elu(x, 1.0 + i).sum(), x)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, grad in enumerate(grads):
        assert_same_bits(as_array(grad), elufast.elu_grad(as_array(x), 1.0 + i))


def test_checkpoint():
    from torch.utils.checkpoint import checkpoint

    x = off_the_kink(10).requires_grad_()
    checkpoint(ours.elu, x, use_reentrant=False).sum().backward()
    assert_same_bits(as_array(x.grad), elufast.elu_grad(as_array(x)))


def test_transforms(smooth):
    """torch.func: the same as of PyTorch's own functions."""
    name, parameters = smooth
    func = torch.func
    x = off_the_kink(4, 3)

    def mine(x):
        return getattr(ours, name)(x, *parameters)

    def theirs(x):
        if name == "selu":
            alpha, scale = parameters or (1.6732632423543772, 1.0507009873554805)
            return scale * F.elu(x, alpha)
        return getattr(F, name)(x, *parameters)

    transforms = {
        "grad": lambda f: func.grad(lambda x: f(x).sum())(x),
        "vmap": lambda f: func.vmap(f, in_dims=1)(x),
        "vmap of grad": lambda f: func.vmap(func.vmap(func.grad(f)))(x),
        "grad of grad": lambda f: func.vmap(func.vmap(func.grad(func.grad(f))))(x),
        "third": lambda f: func.vmap(func.vmap(func.grad(func.grad(func.grad(f)))))(x),
        "vjp": lambda f: func.vmap(lambda g: func.vjp(f, x)[1](g)[0])(torch.stack([x, 2 * x])),
        "jvp": lambda f: func.jvp(f, (x,), (2 * x,))[1],
        "jvp of vmap": lambda f: func.jvp(func.vmap(f), (x,), (2 * x,))[1],
        "hessian": lambda f: func.hessian(lambda x: f(x).square().sum())(x),
        "reverse over forward": lambda f: func.jacrev(func.jacfwd(f))(x),
    }
    for what, transform in transforms.items():
        assert torch.allclose(transform(mine), transform(theirs)), what


def test_forward_mode():
    from torch.autograd import forward_ad

    x, tangent = off_the_kink(6), off_the_kink(6) + 1
    for grad in (False, True):
        with forward_ad.dual_level():
            y = ours.elu(forward_ad.make_dual(x.clone().requires_grad_(grad), tangent))
            slope = forward_ad.unpack_dual(y).tangent
        assert_same_bits(as_array(slope), elufast.elu_backward(as_array(tangent), as_array(x)))


def test_a_trace_holds_the_operator():
    from torch.fx.experimental.proxy_tensor import make_fx

    x = off_the_kink(6)
    traced = make_fx(lambda x: ours.elu(x, 0.5))(x)
    assert "torch.ops.elufast.elu.default" in traced.code
    assert torch.equal(traced(2 * x), ours.elu(2 * x, 0.5))

    def slope(x):
        return torch.autograd.grad(ours.elu(x, 0.5).sum(), x)[0]

    traced = make_fx(slope)(x.clone().requires_grad_())
    assert "torch.ops.elufast.elu_backward.default" in traced.code


def test_fake_tensors():
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode():
        x = torch.empty(3, 4, requires_grad=True)
        y = ours.celu(x, 0.5)
        assert (y.shape, type(y)) == (x.shape, type(x))
        assert torch.autograd.grad(y.sum(), x)[0].shape == x.shape
    meta = ours.elu(torch.empty(3, 4, device="meta"))
    assert (meta.device.type, meta.shape) == ("meta", (3, 4))


def test_a_meta_tensor_that_requires_grad():
    with torch.device("meta"):
        model = torch.nn.Sequential(torch.nn.Linear(4, 3), ours.ELU(0.5))
        y = model(torch.empty(2, 4))
    assert (y.device.type, y.shape) == ("meta", (2, 3))
    y.sum().backward()
    assert model[0].weight.grad.device.type == "meta"


@pytest.mark.parametrize("kind", [ours.ELU, ours.SELU, ours.CELU])
def test_fx_traces_the_modules(kind):
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), kind())
    traced = torch.fx.symbolic_trace(model)
    assert getattr(ours, kind.__name__.lower()) in [node.target for node in traced.graph.nodes]
    x = torch.randn(5, 4)
    assert torch.equal(traced(x), model(x))


def test_what_overrides_functions_is_asked():
    class Mine:
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return function, kwargs

    assert ours.elu(Mine(), 0.5) == (ours.elu, {"alpha": 0.5})
    assert ours.selu(Mine(), 2.0, 3.0) == (ours.selu, {"alpha": 2.0, "scale": 3.0})
    assert ours.celu(Mine()) == (ours.celu, {"alpha": 1.0})


def test_a_subclass_stays_one():
    class Mine(torch.Tensor):
        pass

    x = off_the_kink(5).as_subclass(Mine)
    y = ours.elu(x)
    assert type(y) is Mine
    assert_same_bits(as_array(y.as_subclass(torch.Tensor)), elufast.elu(x.numpy()))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_torch_compile_has_no_graph_break():
    if not _has_compiler():
        pytest.skip("torch.compile needs a C++ compiler")
    compiled = torch.compile(lambda x: ours.elu(2 * x, 0.5) + 1, fullgraph=True)
    x = off_the_kink(10).requires_grad_()
    y = compiled(x)
    y.sum().backward()
    assert torch.equal(y, ours.elu(2 * x, 0.5) + 1)
    assert torch.equal(x.grad, 2 * torch.from_numpy(elufast.elu_grad(2 * x.detach().numpy(), 0.5)))


def _has_compiler():
    import shutil

    return shutil.which("g++") is not None


# Modules


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: row.name)
def test_modules_are_in_the_place_of_torchs(row):
    name = row.name.upper()
    module, theirs = getattr(ours, name)(), getattr(torch.nn, name)()
    assert isinstance(module, type(theirs))
    assert repr(module) == repr(theirs)
    x = off_the_kink(7)
    for one in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(one(x), getattr(ours, row.name)(x))
    with pytest.raises(ValueError, match="inplace"):
        getattr(ours, name)(inplace=True)


@pytest.mark.parametrize("name", ["ELU", "CELU"])
def test_modules_have_an_alpha(name):
    module = getattr(ours, name)(0.5)
    assert repr(module) == f"{name}(alpha=0.5)"
    x = off_the_kink(7)
    for one in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(one(x), getattr(ours, name.lower())(x, 0.5))


@pytest.mark.parametrize("name", ["ELU", "SELU", "CELU"])
def test_training_goes_as_with_torchs_modules(name):
    def trained(activation):
        torch.manual_seed(3)
        model = torch.nn.Sequential(
            torch.nn.Linear(6, 16), activation, torch.nn.Linear(16, 16), activation,
            torch.nn.Linear(16, 1),
        )  # fmt: skip
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        x, target = torch.randn(64, 6), torch.randn(64, 1)
        losses = []
        for _ in range(20):
            for _ in range(2):  # gradients are accumulated
                loss = (model(x) - target).square().mean()
                loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        return torch.tensor(losses), torch.nn.utils.parameters_to_vector(model.parameters())

    losses, weights = trained(getattr(ours, name)())
    expected_losses, expected_weights = trained(getattr(torch.nn, name)())
    assert losses[-1] < losses[0]
    assert torch.allclose(losses, expected_losses, rtol=1e-4)
    assert torch.allclose(weights, expected_weights, atol=1e-5)


# Errors


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: row.name)
@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.zeros(3), "needs a tensor, not ndarray"),
        ([1.0], "needs a tensor, not list"),
        (1.0, "needs a tensor, not float"),
        (torch.zeros(3, dtype=torch.int64), r"needs one of .*torch.float64, not torch.int64"),
        (torch.zeros(3, dtype=torch.bool), r"needs one of .*, not torch.bool"),
        (torch.zeros(3, dtype=torch.complex64), r"needs one of .*, not torch.complex64"),
        (
            torch.zeros(3, dtype=torch.complex64, requires_grad=True),
            r"needs one of .*, not torch.complex64",
        ),
        (torch.zeros(3).to_sparse(), "needs a dense tensor, not torch.sparse_coo"),
        (torch.zeros(3).to_sparse().requires_grad_(), "needs a dense tensor"),
    ],
    ids=str,
)
def test_what_cannot_be_computed_is_a_type_error(row, x, said):
    with pytest.raises(TypeError, match=rf"^{row.name}\(\) of elufast.torch {said}"):
        getattr(ours, row.name)(x)


def test_another_device_is_named(monkeypatch):
    """There is no GPU here: what stands in for its tensor says where it is."""

    class OnGpu(torch.Tensor):
        device = torch.device("cuda:0")

    with pytest.raises(TypeError, match=r"elu\(\) of elufast.torch computes on the CPU.* cuda:0"):
        ours.elu(torch.zeros(3).as_subclass(OnGpu))


@pytest.mark.parametrize("value", [torch.tensor(1.0), np.ones(3), "1", None, 1j], ids=repr)
def test_a_parameter_has_to_be_a_number(value):
    x = torch.zeros(3)
    for attempt in (
        lambda: ours.elu(x, value),
        lambda: ours.celu(x, value),
        lambda: ours.selu(x, value),
        lambda: ours.ELU(value),
        lambda: ours.CELU(value),
    ):
        with pytest.raises(
            TypeError, match=f"^alpha has to be a number, not {type(value).__name__}"
        ):
            attempt()
    with pytest.raises(TypeError, match="scale has to be a number"):
        ours.selu(x, 1.0, value)


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), 2, True], ids=repr)
def test_numbers_of_every_kind_keep_the_type(value):
    x = torch.randn(5)
    assert torch.equal(ours.elu(x, value), ours.elu(x, float(value)))


# The package


def test_the_package_does_not_import_torch():
    code = (
        "import sys, elufast; assert 'torch' not in sys.modules; import elufast.torch; import torch"
    )
    code += "; assert elufast.torch is not torch; assert torch.Tensor"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_examples(capsys):
    runner = doctest.DocTestRunner()
    parser, docs = doctest.DocTestParser(), {"elufast.torch": ours.__doc__}
    docs |= {name: getattr(ours, name).__doc__ for name in ours.__all__}
    found = [parser.get_doctest(doc, {}, name, None, 0) for name, doc in docs.items()]
    assert sum(bool(test.examples) for test in found) >= 7
    for test in found:
        runner.run(test)
    assert runner.failures == 0, capsys.readouterr().out


def test_docstrings_are_complete():
    for name in ours.__all__:
        doc = getattr(ours, name).__doc__
        assert doc
        assert "{" not in doc
        assert max(map(len, doc.splitlines())) <= 80


@pytest.mark.parametrize("name", ["_len_torch_dispatch_stack", "_is_tracing"])
def test_without_a_name_that_is_not_promised(name):
    """The long way needs none of them."""
    script = (
        f"import torch; delattr(torch._C, {name!r})\n"
        "import elufast.torch as e\n"
        "x = torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True)\n"
        "y = e.elu(x, 0.5); (g,) = torch.autograd.grad(y.sum(), x)\n"
        "print(y.tolist(), g.tolist(), e.elu(x.detach(), 0.5).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    x = np.array([-1.0, 2.0])
    y = elufast.elu(x, 0.5).tolist()
    assert done.stdout.strip() == f"{y} {elufast.elu_grad(x, 0.5).tolist()} {y}"


@pytest.mark.parametrize(
    "name",
    [
        "torch._C._has_storage",
        "torch.autograd.forward_ad._current_level",
        "torch.autograd.function.FunctionMeta._backward_cls",
    ],
)
def test_stand_ins_for_names_that_are_gone(name):
    owner, _, attribute = name.rpartition(".")
    gone = f"hasattr({owner}, {attribute!r}) and delattr({owner}, {attribute!r})"
    if attribute == "_backward_cls":
        gone = (
            "import builtins; has = hasattr\n"
            "builtins.hasattr = lambda o, n: n != '_backward_cls' and has(o, n)"
        )
    script = (
        f"import torch\n{gone}\n"
        "import elufast.torch as e\n"
        "x = torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True)\n"
        "z = torch.ones(2, 2, 4)[..., ::2]; assert e.elu(z).equal(z)\n"  # the way through NumPy
        "(g,) = torch.autograd.grad(e.elu(x, 0.5).sum(), x); print(g.tolist())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{elufast.elu_grad(np.array([-1.0, 2.0]), 0.5).tolist()}"


def test_a_compiled_function_has_second_derivatives():
    def loss(f):
        x = torch.tensor([-1.0, -0.5], dtype=torch.float64, requires_grad=True)
        y = f(x)
        (slope,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        (y.sum() + slope.square().sum()).backward()
        return x.grad

    compiled = torch.compile(lambda x: ours.elu(x), backend="eager")
    torch.testing.assert_close(loss(compiled), loss(ours.elu))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_jit_trace_keeps_the_operator(tmp_path):
    x = torch.randn(3, 5)
    model = torch.nn.Sequential(torch.nn.Linear(5, 4), ours.ELU())
    traced = torch.jit.trace(model, x)
    assert "elufast::elu" in str(traced.inlined_graph)
    traced.save(tmp_path / "traced.pt")
    for one in (traced, torch.jit.load(tmp_path / "traced.pt")):
        assert torch.equal(one(x), model(x))
        assert one(x).requires_grad


def test_apply_passes_the_checks_and_transforms(smooth):
    name, parameters = smooth
    apply = getattr(ours, f"{name.capitalize()}Function").apply
    x = off_the_kink(2, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: apply(x, *parameters), x, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(lambda x: apply(x, *parameters), x)
    mapped = torch.func.vmap(lambda x: apply(x, *parameters))(x)
    assert torch.equal(mapped, getattr(ours, name)(x, *parameters))
    for wrong in ((x, None), ([1.0],), (x, *[1.0] * 5), ()):
        with pytest.raises(TypeError):
            apply(*wrong)
