"""Other libraries' versions of the same functions: they agree where they are right.

A peer that is not installed is skipped, visibly.
"""

import numpy as np
import pytest
from support import BFLOAT16, finfo, rows_where

import elufast
from elufast import _reference as reference

X = np.concatenate([-np.geomspace(1e-4, 15, 400), [0.0], np.geomspace(1e-3, 20, 100)])
FORWARD = rows_where(lambda row: "_" not in row.name)
ALPHAS = [0.5, 1.0, 2.0]


def assert_close(ours, theirs, dtype, ulps=8):
    """Within a few units of each other at the larger magnitude, or both tiny."""
    theirs = np.asarray(theirs)
    assert ours.dtype == theirs.dtype == dtype
    error = reference.ulp_error(ours, theirs.astype(np.longdouble))
    near = np.abs(ours - theirs) <= 4 * finfo(dtype).smallest_subnormal
    assert ((error <= ulps) | near).all(), f"{error.max()} ULP at index {np.argmax(error)}"


def keywords(row, alpha):
    return {"alpha": alpha} if row.name != "selu" else {}


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("row", FORWARD, ids=lambda row: row.name)
def test_pytorch_in_bfloat16(row, alpha):
    """Both compute in float32, but PyTorch's parameters are not rounded to bfloat16. It takes and
    gives no bfloat16 but its own."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def tensor(array):
        return torch.from_numpy(array.view("int16")).view(torch.bfloat16)

    def array(tensor):
        return tensor.detach().view(torch.int16).numpy().view(BFLOAT16)

    x, grad = X.astype(BFLOAT16), np.linspace(-2, 2, X.size).astype(BFLOAT16)
    leaf = tensor(x).requires_grad_()
    theirs = getattr(torch.nn.functional, row.name)(leaf, **keywords(row, alpha))
    theirs.backward(tensor(grad))
    ours = getattr(elufast, row.name)(x, **keywords(row, alpha))
    assert_close(ours, array(theirs), BFLOAT16, ulps=2)
    ours = getattr(elufast, f"{row.name}_backward")(grad, x, **keywords(row, alpha))
    assert_close(ours, array(leaf.grad), BFLOAT16, ulps=2)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("row", FORWARD, ids=lambda row: row.name)
class TestPyTorch:
    def setup(self, row, dtype, alpha):
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        f = getattr(torch.nn.functional, row.name)
        x = torch.tensor(X.astype(dtype), requires_grad=True)
        return torch, x, f(x, **keywords(row, alpha))

    def test_values(self, row, dtype, alpha):
        _, _, theirs = self.setup(row, dtype, alpha)
        ours = getattr(elufast, row.name)(X.astype(dtype), **keywords(row, alpha))
        assert_close(ours, theirs.detach().numpy(), dtype)

    def test_gradient(self, row, dtype, alpha):
        """At 0 too."""
        torch, x, theirs = self.setup(row, dtype, alpha)
        grad = np.linspace(-2, 2, X.size).astype(dtype)
        theirs.backward(torch.tensor(grad))
        backward = getattr(elufast, f"{row.name}_backward")
        assert_close(backward(grad, X.astype(dtype), **keywords(row, alpha)), x.grad.numpy(), dtype)

    def test_tensor_as_argument(self, row, dtype, alpha):
        _torch, x, _ = self.setup(row, dtype, alpha)
        result = getattr(elufast, row.name)(x.detach(), **keywords(row, alpha))
        ours = getattr(elufast, row.name)(X.astype(dtype), **keywords(row, alpha))
        np.testing.assert_array_equal(np.asarray(result), ours)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("row", FORWARD, ids=lambda row: row.name)
class TestJax:
    def setup(self, row, alpha):
        jax = pytest.importorskip("jax", reason="JAX is not installed")
        f = getattr(jax.nn, row.name)
        return jax, (lambda x: f(x, **keywords(row, alpha)))

    def test_values(self, row, alpha):
        jax, f = self.setup(row, alpha)
        x = X.astype(np.float32)
        ours = getattr(elufast, row.name)(x, **keywords(row, alpha))
        assert_close(ours, np.asarray(f(jax.numpy.asarray(x))), np.float32)

    def test_gradient(self, row, alpha):
        """At 0 too. JAX derives expm1(x) + 1, which loses digits far below 0."""
        jax, f = self.setup(row, alpha)
        x = X.astype(np.float32)
        theirs = np.asarray(jax.vmap(jax.grad(f))(jax.numpy.asarray(x)))
        ours = getattr(elufast, f"{row.name}_grad")(x, **keywords(row, alpha))
        assert_close(ours[x > -0.5], theirs[x > -0.5], np.float32)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
        assert theirs[X == 0] == pytest.approx(ours[X == 0])


def onnx_operator(row, given):
    """A session that runs the ONNX operator of this function alone."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    operator = row.name.capitalize()
    make, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(operator, ["x"], ["y"], **given)],
        operator,
        [make("x", kind, [None])],
        [make("y", kind, [None])],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 15)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return lambda x: session.run(None, {"x": x})[0]


@pytest.mark.parametrize("given", [{}, {"alpha": 0.5}], ids=["defaults", "alpha"])
@pytest.mark.parametrize("row", FORWARD, ids=lambda row: row.name)
def test_onnx(row, given):
    """Its operators have the same defaults. It computes exp(x) - 1, so it is wrong near 0."""
    x = X.astype(np.float32)
    theirs = onnx_operator(row, given)(x)
    ours = getattr(elufast, row.name)(x, **given)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=3e-7)
    positive = x > 0
    assert_close(ours[positive], theirs[positive], np.float32, ulps=1)


def test_onnx_defaults_are_ours(row):
    """The operator schemas of the standard, to the bit in float32."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    schema = onnx.defs.get_schema(row.name.split("_")[0].capitalize())
    names = {"alpha": "alpha", "scale": "gamma"}
    for name, default in row.parameters.items():
        standard = onnx.helper.get_attribute_value(schema.attributes[names[name]].default_value)
        assert np.float32(default) == np.float32(standard)
