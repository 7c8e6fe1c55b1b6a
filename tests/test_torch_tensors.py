"""PyTorch tensors given to the ufuncs: a tensor in, a tensor out, with the ufunc's bits."""

import subprocess
import sys

import numpy as np
import pytest
from support import assert_same_bits, family, function, outputs, rows_where

import elufast

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

X = np.array([-3.0, -0.5, -0.0, 0.0, 0.25, 4.0, np.inf, -np.inf, np.nan, -1e-3, 1e-5, -20.0])
GRAD = np.linspace(-2, 2, X.size)
DTYPES = [torch.float16, torch.float32, torch.float64]


def arrays_of(row, dtype=np.float64):
    return [column.astype(dtype) for column in (GRAD, X)[-len(row.data) :]]


def tensors(arrays):
    return [torch.from_numpy(array.copy()) for array in arrays]


def assert_tensors(results, expected, kind=None):
    """With the bits of the arrays."""
    for part, whole in zip(outputs(results), outputs(expected), strict=True):
        assert type(part) is (kind or torch.Tensor)
        assert not part.requires_grad
        assert part.shape == np.shape(whole)
        assert_same_bits(part.as_subclass(torch.Tensor).numpy(), np.asarray(whole))


@pytest.fixture(params=DTYPES, ids=str)
def dtype(request):
    return np.dtype(str(request.param).removeprefix("torch."))


# What comes out.


def test_tensors_in_tensors_out(row, dtype):
    arrays = arrays_of(row, dtype)
    for given in ((), (0.5,), (2,)):
        assert_tensors(function(row)(*tensors(arrays), *given), function(row)(*arrays, *given))
    named = dict(zip(row.data, tensors(arrays), strict=True))
    assert_tensors(function(row)(**named, alpha=0.7), function(row)(*arrays, alpha=0.7))


def test_memory_is_not_shared(row, dtype):
    arrays = arrays_of(row, dtype)
    given = tensors(arrays)
    results = outputs(function(row)(*given))
    for part in results:
        part.zero_()
    assert_tensors(tuple(given), tuple(arrays))
    starts = {tensor.untyped_storage().data_ptr() for tensor in (*given, *results)}
    assert len(starts) == len(given) + len(results)


def test_every_shape_and_layout(row):
    base = [torch.from_numpy(np.resize(column, (4, 6, 2)).copy()) for column in arrays_of(row)]
    views = [
        lambda t: t,
        lambda t: t.permute(2, 0, 1),
        lambda t: t[::2, 1:5:3],
        lambda t: t[:, :, 0],
        lambda t: t[:1].expand(3, 6, 2),
        lambda t: t[0, 0, 0],
        lambda t: t[:0],
    ]
    for view in views:
        given = [view(tensor) for tensor in base]
        assert_tensors(function(row)(*given), function(row)(*[t.numpy() for t in given]))


def test_long_tensors(row):
    """Those that are run by several threads."""
    arrays = [np.resize(column, 200_003).astype("f") for column in arrays_of(row)]
    assert_tensors(function(row)(*tensors(arrays)), function(row)(*arrays))
    strided = [torch.from_numpy(array)[::2] for array in arrays]
    expected = function(row)(*[array[::2] for array in arrays])
    assert_tensors(function(row)(*strided), expected)


def test_integers_and_bools(row):
    names = ["bool", "uint8", "int8", "int16", "int32", "int64"]
    for name in names:
        arrays = [np.array([1, 0, 1, 5]).astype(name) for _ in row.data]
        results = outputs(function(row)(*tensors(arrays)))
        assert {part.dtype for part in results} == {torch.float64}
        assert_tensors(results, function(row)(*arrays))


def test_tensors_and_arrays_together(row):
    """One tensor among them makes a tensor; types promote as in NumPy, 0-d tensors too."""
    arrays = arrays_of(row, np.float32)
    f, alpha = function(row), np.linspace(0.5, 2, X.size, dtype=np.float32)
    assert_tensors(f(*arrays, torch.from_numpy(alpha)), f(*arrays, alpha))
    assert_tensors(f(*tensors(arrays), alpha), f(*arrays, alpha))
    assert_tensors(f(*tensors(arrays), alpha.astype("d")), f(*arrays, alpha.astype("d")))
    assert_tensors(f(*tensors(arrays), list(alpha)), f(*arrays, list(alpha)))
    assert_tensors(f(*tensors(arrays), np.float64(0.5)), f(*arrays, np.float64(0.5)))
    zero_d = torch.tensor(0.5, dtype=torch.float64)
    assert_tensors(f(*tensors(arrays), zero_d), f(*arrays, np.array(0.5)))
    assert outputs(f(*tensors(arrays), zero_d))[0].dtype == torch.float64
    channels = torch.tensor([[0.5], [2.0]], dtype=torch.float64)
    assert_tensors(f(*tensors(arrays), channels), f(*arrays, channels.numpy()))
    if len(row.data) == 2:
        assert_tensors(f(tensors(arrays)[0], arrays[1]), f(*arrays))
        assert_tensors(f(arrays[0], tensors(arrays)[1]), f(*arrays))


def test_keywords_of_ufuncs(row):
    arrays = arrays_of(row, np.float32)
    for keywords in ({"dtype": np.float64}, {"casting": "unsafe", "dtype": "e"}, {"order": "F"}):
        with np.errstate(over="ignore"):
            expected = function(row)(*arrays, **keywords)
            assert_tensors(function(row)(*tensors(arrays), **keywords), expected)


def test_views_that_negate_or_conjugate(row):
    """Tensors whose memory holds other numbers than they show."""
    arrays = arrays_of(row)
    negated = [torch._neg_view(tensor) for tensor in tensors([-array for array in arrays])]
    imaginary = [torch.complex(t, -t).conj().imag for t in tensors(arrays)]
    assert all(tensor.is_neg() for tensor in (*negated, *imaginary))
    assert_tensors(function(row)(*negated), function(row)(*arrays))
    assert_tensors(function(row)(*imaginary), function(row)(*arrays))


# Subclasses.


class Named(torch.Tensor):
    """Torch's own functions give this back."""


def test_subclasses(row):
    """As torch's functions do: a parameter gives a tensor, other subclasses give themselves."""
    arrays = arrays_of(row, np.float32)
    named = [tensor.as_subclass(Named) for tensor in tensors(arrays)]
    assert type(torch.exp(named[0])) is Named
    assert_tensors(function(row)(*named), function(row)(*arrays), Named)
    parameters = [torch.nn.Parameter(t, requires_grad=False) for t in tensors(arrays)]
    assert type(torch.exp(parameters[0])) is torch.Tensor
    assert_tensors(function(row)(*parameters), function(row)(*arrays))


def test_those_who_override_decide(row):
    """Another library's operand is asked, and gets the tensor as it is."""
    seen = []

    class Foreign:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            seen.append(inputs)
            return "mine"

    given = tensors(arrays_of(row))
    assert function(row)(*given, Foreign()) == "mine"
    assert all(a is b for a, b in zip(seen[0], given, strict=False))

    class Unwilling:
        __array_ufunc__ = None

    with pytest.raises(TypeError, match="does not support ufuncs"):
        function(row)(*given, Unwilling())


def test_masked_arrays_keep_their_mask(row):
    arrays = arrays_of(row)
    alpha = np.ma.array(np.ones(X.size), mask=X > 0)
    for part in outputs(function(row)(*tensors(arrays), alpha)):
        assert type(part) is np.ma.MaskedArray
        np.testing.assert_array_equal(part.mask, X > 0)


# out= and where=


def test_out(row, dtype):
    """In place, by keyword and by position, alone and beside None; that very tensor comes back."""
    arrays = arrays_of(row, dtype)
    f, defaults = function(row), row.parameters.values()
    expected = outputs(f(*arrays))
    for given in (tensors(arrays), arrays):
        for keyword in (True, False):
            out = tensors([np.full_like(part, 99) for part in expected])
            results = f(*given, out=tuple(out)) if keyword else f(*given, *defaults, *out)
            assert all(a is b for a, b in zip(outputs(results), out, strict=True))
            assert_tensors(results, expected)
    if row.nout == 1:
        out = torch.empty_like(torch.from_numpy(expected[0]))
        assert f(*tensors(arrays), out=out) is out
        assert_tensors(out, expected)
        assert_tensors(f(*tensors(arrays), out=None), expected)
        assert_tensors(f(*tensors(arrays), out=(None,)), expected)
    else:
        out = torch.empty_like(torch.from_numpy(expected[1]))
        results = f(*tensors(arrays), out=(None, out))
        assert results[1] is out
        assert_tensors(results, expected)
    memory = tuple(np.empty_like(part) for part in expected)
    results = outputs(f(*tensors(arrays), out=memory))
    assert all(a is b for a, b in zip(results, memory, strict=True))
    assert_same_bits(memory, expected)


@pytest.mark.parametrize("row", rows_where(lambda row: row.nout == 1), ids=lambda row: row.name)
def test_in_place_and_overlap(row):
    arrays = arrays_of(row)
    *others, x = tensors(arrays)
    assert function(row)(*others, x, out=x) is x
    assert_tensors(x, function(row)(*arrays))
    memory = torch.from_numpy(np.append(arrays[-1], 1.0))
    function(row)(*others, memory[:-1], out=memory[1:])
    assert_tensors(memory[1:], function(row)(*arrays))


def test_strided_out(row):
    arrays = arrays_of(row)
    expected = outputs(function(row)(*arrays))
    wide = [torch.full((X.size, 2), 99.0, dtype=torch.float64) for _ in expected]
    function(row)(*arrays, out=tuple(tensor[:, 1] for tensor in wide))
    for tensor, whole in zip(wide, expected, strict=True):
        assert (tensor[:, 0] == 99).all()
        assert_tensors(tensor[:, 1], whole)


def test_out_of_another_type_or_shape(row):
    """NumPy's rules and errors; nothing is written."""
    given = tensors(arrays_of(row))
    for wrong, error, message in (
        (torch.full((X.size,), 99, dtype=torch.int64), TypeError, "Cannot cast ufunc"),
        (
            torch.full((X.size + 1,), 99.0, dtype=torch.float64),
            ValueError,
            "could not be broadcast",
        ),
        (torch.full((X.size,), 99.0).to("meta"), TypeError, "meta device"),
        (torch._neg_view(torch.full((X.size,), -99.0)), RuntimeError, "negative bit"),
    ):
        others = tuple(torch.full((X.size,), 99.0) for _ in range(row.nout - 1))
        with pytest.raises(error, match=message):
            function(row)(*given, out=(wrong, *others))
        assert all((tensor == 99).all() for tensor in others)
        assert wrong.is_meta or (wrong == 99).all()
    narrow = tuple(torch.empty(X.size) for _ in range(row.nout))
    results = outputs(function(row)(*given, out=narrow))  # same_kind
    assert all(a is b for a, b in zip(results, narrow, strict=True))


def test_where(row):
    arrays, mask = arrays_of(row), torch.from_numpy(np.arange(X.size) % 3 > 0)
    expected = outputs(function(row)(*arrays))
    out = tensors([np.full_like(part, 99) for part in expected])
    function(row)(*tensors(arrays), out=tuple(out), where=mask)
    for part, whole in zip(out, expected, strict=True):
        assert (part[~mask] == 99).all()
        assert_tensors(part[mask], whole[mask.numpy()])


# Autograd.


def test_requires_grad_is_an_error(row):
    """Of the kind of torch's own, names the argument and what to use instead."""
    f, arrays = function(row), arrays_of(row)
    for position, name in enumerate([*row.data, "alpha"]):
        given = [*tensors(arrays), torch.ones(X.size, dtype=torch.float64)]
        given[position].requires_grad_()
        with pytest.raises(RuntimeError) as caught:
            f(*given)
        for part in (
            f"{row.name}()",
            f"'{name}'",
            f"elufast.torch.{family(row)}",
            f"{name}.detach()",
        ):
            assert part in str(caught.value)
        given[position] = given[position].detach()
        assert_tensors(f(*given), f(*arrays, np.ones(X.size)))


def test_output_that_requires_grad(row):
    given = tensors(arrays_of(row))
    out = [torch.full((X.size,), 99.0, dtype=torch.float64) for _ in range(row.nout)]
    out[-1].requires_grad_()
    with pytest.raises(RuntimeError, match="argument 'out'"):
        function(row)(*given, out=tuple(out))
    assert all((tensor == 99).all() for tensor in out)
    with torch.no_grad():
        function(row)(*given, out=tuple(out))
    expected = function(row)(*arrays_of(row))
    assert_tensors(tuple(tensor.detach() for tensor in out), expected)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_without_grad_mode(row, mode):
    """Nothing is recorded, for nobody asks: as with torch's own functions."""
    arrays = arrays_of(row)
    leaves = [tensor.requires_grad_() for tensor in tensors(arrays)]
    with mode():
        assert_tensors(function(row)(*leaves), function(row)(*arrays))
        inside = tensors(arrays)
        out = tuple(torch.empty_like(inside[0]) for _ in range(row.nout))
        assert_tensors(function(row)(*inside, out=out), function(row)(*arrays))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own use
def test_forward_mode_is_an_error(row):
    """Torch's `numpy` would drop the tangent."""
    forward = torch.autograd.forward_ad
    given = tensors(arrays_of(row))
    with forward.dual_level():
        dual = forward.make_dual(given[-1], torch.ones_like(given[-1]))
        with pytest.raises(RuntimeError, match=f"'{row.data[-1]}' is a tensor that requires grad"):
            function(row)(*given[:-1], dual)
        assert_tensors(function(row)(*given), function(row)(*arrays_of(row)))


def test_transforms_are_errors(row):
    """vmap and grad hand over tensors without memory of their own."""
    others = tensors(arrays_of(row))[:-1]

    def run(x):
        return outputs(function(row)(*others, x))[0].sum()

    with pytest.raises(RuntimeError, match="storage"):
        torch.func.vmap(run)(torch.ones(3, X.size))
    with pytest.raises(RuntimeError, match=r"requires grad|storage"):
        torch.func.grad(run)(torch.ones(X.size))


def test_autograd_hears_of_what_is_overwritten():
    """Else it would use the wrong numbers in silence."""
    w = torch.ones(3, requires_grad=True)
    y = torch.exp(w)  # saved for its own backward pass
    elufast.elu(np.float32([-1, -2, -3]), out=y.detach())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
    w = torch.ones(3, requires_grad=True)
    y = torch.exp(w)
    with pytest.raises(RuntimeError, match="'alpha' is a tensor that requires grad"):
        elufast.elu(np.float32([-1, -2, -3]), w, out=y.detach())
    y.sum().backward()  # a call that failed has overwritten nothing


# Tensors that have no memory that NumPy could see.


def sparse(t):
    return t.to_sparse()


def meta(t):
    return t.to("meta")


def float8(t):
    return t.to(torch.float8_e4m3fn)


def complex64(t):
    return torch.complex(t, t)


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (sparse, "Sparse layout tensor"),
        (meta, "meta device"),
        (float8, "Float8_e4m3fn"),
        (complex64, "not supported for the input types"),
    ],
)
def test_other_tensors_are_type_errors(row, convert, message):
    given = [convert(torch.ones(3)) for _ in row.data]
    with pytest.raises(TypeError, match=message):
        function(row)(*given)


def test_results_that_torch_has_no_type_for(row):
    given = tensors(arrays_of(row))
    with pytest.raises(TypeError, match="longdouble"):
        function(row)(*given, np.longdouble(1))
    out = tuple(np.empty(X.size, np.longdouble) for _ in range(row.nout))
    function(row)(*given, np.longdouble(1), out=out)
    assert_same_bits(out, function(row)(*arrays_of(row), np.longdouble(1)))


def test_wrong_calls_are_numpys():
    x = torch.ones(3)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        elufast.elu(x, axis=0)
    with pytest.raises(TypeError, match="Cannot interpret"):
        elufast.elu(x, dtype=torch.float32)
    with pytest.raises(ValueError, match="could not be broadcast"):
        elufast.elu(x, torch.ones(4))
    with pytest.raises(ValueError, match="out' tuple must have exactly one entry"):
        elufast.elu(x, out=(x, x))
    with pytest.raises(TypeError, match="'out' must be a tuple of arrays"):
        elufast.elu_with_grad(x, out=x)


def test_what_else_torch_has_is_numpys():
    """A shape is a tuple of numbers."""
    result = elufast.elu(torch.Size([1, 2]))
    assert type(result) is np.ndarray
    assert_same_bits(result, np.array([1.0, 2.0]))


def test_flags_and_names(row):
    """Warnings are the ufunc's, with its public name."""
    x = torch.full((3,), -9.0, dtype=torch.float16)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"encountered in selu$"):
        elufast.selu(x, alpha=6e4, scale=1.5)


# bfloat16

ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed")
bfloat16 = np.dtype(ml_dtypes.bfloat16)


def as_bits(tensor):
    return tensor.view(torch.int16).numpy()


class TestBfloat16:
    def make(self, row, shape=X.shape):
        arrays = [np.resize(column, shape).astype(bfloat16) for column in arrays_of(row)]
        bits = [torch.from_numpy(array.view(np.int16)) for array in arrays]
        return arrays, [tensor.view(torch.bfloat16) for tensor in bits]

    def check(self, results, expected):
        for part, whole in zip(outputs(results), outputs(expected), strict=True):
            whole = np.asarray(whole)
            assert part.dtype == torch.bfloat16
            assert whole.dtype == bfloat16
            is_number = ~np.isnan(whole.astype("f"))
            np.testing.assert_array_equal(as_bits(part)[is_number], whole.view("i2")[is_number])
            assert torch.isnan(part).numpy().sum() == (~is_number).sum()

    @pytest.mark.parametrize("shape", [X.shape, (3, 4), (), (0,)], ids=str)
    def test_bits(self, row, shape):
        arrays, given = self.make(row, shape)
        for alpha in ((), (0.5,)):
            self.check(function(row)(*given, *alpha), function(row)(*arrays, *alpha))

    def test_strides_and_out(self, row):
        arrays, given = self.make(row)
        expected = outputs(function(row)(*[array[::2] for array in arrays]))
        self.check(function(row)(*[tensor[::2] for tensor in given]), expected)
        out = tuple(torch.full((X.size,), 99, dtype=torch.bfloat16) for _ in expected)
        results = outputs(
            function(row)(*[t[::2] for t in given], out=tuple(tensor[::2] for tensor in out))
        )
        self.check(results, expected)
        assert all((tensor[1::2] == 99).all() for tensor in out)

    def test_negated(self, row):
        arrays, given = self.make(row)
        negated = [torch._neg_view(-tensor) for tensor in given]
        self.check(function(row)(*negated), function(row)(*arrays))

    def test_subclasses(self, row):
        _, given = self.make(row)
        for part in outputs(function(row)(*[tensor.as_subclass(Named) for tensor in given])):
            assert (type(part), part.dtype) == (Named, torch.bfloat16)


def test_bfloat16_in_the_first_call_of_a_process():
    """Which imports ml_dtypes itself."""
    code = """if True:
        import sys, torch, elufast
        assert "ml_dtypes" not in sys.modules
        y = elufast.elu(torch.tensor([-1.0, 2.0], dtype=torch.bfloat16), 0.5)
        assert y.dtype == torch.bfloat16
        assert y.tolist() == [-0.31640625, 2.0]
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bfloat16_without_ml_dtypes(row, monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    given = [torch.ones(3, dtype=torch.bfloat16) for _ in row.data]
    with pytest.raises(TypeError, match=rf"^{row.name}\(\): argument '{row.data[0]}'.*ml_dtypes"):
        function(row)(*given)


def test_bfloat16_requires_grad(row):
    given = [torch.ones(3, dtype=torch.bfloat16, requires_grad=True) for _ in row.data]
    with pytest.raises(RuntimeError, match="requires grad"):
        function(row)(*given)


# Compiled functions.


def test_compiled_functions():
    """torch.compile leaves the call to Python."""
    compiled = torch.compile(lambda x, alpha: elufast.elu(x * 2, alpha) + 1, backend="eager")
    for x in (torch.tensor([-1.0, 2.0]), torch.tensor([[-3.0], [0.5]])):
        expected = torch.from_numpy(elufast.elu((x * 2).numpy(), 0.5)) + 1
        torch.testing.assert_close(compiled(x, 0.5), expected, rtol=0, atol=0)


def test_tensors_can_be_resized_afterwards():
    x, out = torch.randn(5), torch.empty(5)
    elufast.elu(x, out=out)
    for tensor in (x, out):
        assert tensor.resize_(9).shape == (9,)


def test_outputs_without_versions_of_dlpack_are_written(monkeypatch):
    old = torch.Tensor.__dlpack__
    monkeypatch.setattr(torch.Tensor, "__dlpack__", lambda self, **keywords: old(self))
    x, out = torch.tensor([-1.0, 2.0]), torch.empty(2)
    assert elufast.elu(x, out=out) is out
    assert_same_bits(out.numpy(), elufast.elu(x.numpy()))
