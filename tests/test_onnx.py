"""ONNX models through elufast: the operators' own tests, every opset, functions and subgraphs."""

import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from support import assert_same_bits, special_values

onnx = pytest.importorskip("onnx")
from onnx import helper, parser, reference  # noqa: E402
from onnx.backend.test import BackendTest  # noqa: E402
from onnx.backend.test.case import node as node_cases  # noqa: E402
from onnx.backend.test.loader import load_model_tests  # noqa: E402

import elufast  # noqa: E402
import elufast.onnx  # noqa: E402
from elufast._ufuncs import ROWS  # noqa: E402
from elufast.onnx import OPS, ReferenceEvaluator  # noqa: E402

NAMES = [op.__name__ for op in OPS]
UFUNCS = {name: getattr(elufast, name.lower()) for name in NAMES}
PARAMETERS = {"alpha": "alpha", "gamma": "scale"}
SCHEMAS = [
    schema
    for schema in onnx.defs.get_all_schemas_with_history()
    if schema.domain == "" and schema.name in NAMES
]


@pytest.fixture
def calls(monkeypatch):
    """The names of the ufuncs that were called by operators, in their order."""
    made = []

    def recording(ufunc):
        def call(x, **parameters):
            made.append(ufunc.__name__)
            return ufunc(x, **parameters)

        return staticmethod(call)

    for op in OPS:
        monkeypatch.setattr(op, "ufunc", recording(op.ufunc))
    return made


# ---- the tests that the operators bring along ----------------------------------------------------


def loaded(case):
    """The model of a case, and its inputs and outputs."""
    if case.model is not None:
        return case.model, case.data_sets
    folder = Path(case.model_dir)
    model = onnx.load(folder / "model.onnx")
    data = folder / "test_data_set_0"

    def tensors(kind, infos):
        return [
            onnx.numpy_helper.to_array(onnx.load_tensor(data / f"{kind}_{k}.pb"))
            for k in range(len(infos))
        ]

    return model, [(tensors("input", model.graph.input), tensors("output", model.graph.output))]


def backend_cases():
    """Every case of the three operators: made by their modules, and stored for PyTorch's."""
    for name in NAMES:
        importlib.import_module(f"onnx.backend.test.case.node.{name.lower()}")
    cases = list(node_cases._NodeTestCases)
    for kind in ("pytorch-converted", "pytorch-operator"):
        cases += load_model_tests(kind=kind)
    pattern = re.compile(rf"test_(operator_)?({'|'.join(NAMES)})(_|$)", re.IGNORECASE)
    return [case for case in cases if pattern.match(case.name)]


CASES = backend_cases()


def test_there_are_cases_for_every_operator_and_its_expansion():
    names = {case.name for case in CASES}
    for name in map(str.lower, NAMES):
        assert f"test_{name}" in names
        assert any(re.match(rf"test_{name}_.*expanded", other) for other in names)
    assert {"test_ELU", "test_SELU", "test_operator_selu"} <= names


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_of_the_operator_passes(case, calls):
    model, data_sets = loaded(case)
    names = [tensor.name for tensor in model.graph.input]
    for inputs, expected in data_sets:
        results = ReferenceEvaluator(model).run(None, dict(zip(names, inputs, strict=True)))
        BackendTest.assert_similar_outputs(expected, results, rtol=case.rtol, atol=case.atol)
    # An expanded one may hold none of the operators.
    expected_calls = [node.op_type.lower() for node in model.graph.node if node.op_type in NAMES]
    assert calls == expected_calls * len(data_sets)


# ---- every opset, every type ---------------------------------------------------------------------


def one_node_model(name, opset, tensor_type, **attributes):
    x, y = (helper.make_tensor_value_info(n, tensor_type, None) for n in "xy")
    graph = helper.make_graph([helper.make_node(name, ["x"], ["y"], **attributes)], "g", [x], [y])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def tensor_types(schema):
    """The types that an opset allows, by ONNX's numbers."""
    (constraint,) = schema.type_constraints
    names = [re.fullmatch(r"tensor\((\w+)\)", text)[1] for text in constraint.allowed_type_strs]
    return [(name, onnx.TensorProto.DataType.Value(name.upper())) for name in sorted(names)]


def schema_defaults(schema):
    """The ufunc's parameters as an opset gives them, as they stand there."""
    return {
        PARAMETERS[name]: attribute.default_value.f
        for name, attribute in schema.attributes.items()
        if name in PARAMETERS
    }


def inputs_of(tensor_type, rng):
    """Ordinary and special numbers of a type, but for those that overflow."""
    dtype = helper.tensor_dtype_to_np_dtype(tensor_type)
    special = special_values(np.dtype("f2"))
    special = special[abs(special) != np.finfo(np.float16).max]
    return np.concatenate([rng.normal(scale=4, size=999), special]).astype(dtype)


each_schema = pytest.mark.parametrize(
    "kind",
    [
        pytest.param((schema, number), id=f"{schema.name}-{schema.since_version}-{name}")
        for schema in SCHEMAS
        for name, number in tensor_types(schema)
    ],
)


@each_schema
def test_every_opset_has_the_bits_of_the_ufunc_with_its_defaults(kind, rng, calls):
    schema, tensor_type = kind
    x = inputs_of(tensor_type, rng)
    model = one_node_model(schema.name, schema.since_version, tensor_type)
    (y,) = ReferenceEvaluator(model).run(None, {"x": x})
    assert calls == [schema.name.lower()]
    assert y.dtype == x.dtype
    assert_same_bits(y, UFUNCS[schema.name](x, **schema_defaults(schema)))


@each_schema
def test_attributes_are_the_parameters(kind, rng):
    schema, tensor_type = kind
    x = inputs_of(tensor_type, rng)
    given = {
        name: 0.7 + k for k, name in enumerate(sorted(schema.attributes)) if name in PARAMETERS
    }
    legacy = {"consumed_inputs": [0]} if "consumed_inputs" in schema.attributes else {}
    model = one_node_model(schema.name, schema.since_version, tensor_type, **given, **legacy)
    (y,) = ReferenceEvaluator(model).run(None, {"x": x})
    # A model holds its attributes as float32.
    parameters = {PARAMETERS[name]: float(np.float32(value)) for name, value in given.items()}
    assert y.dtype == x.dtype
    assert_same_bits(y, UFUNCS[schema.name](x, **parameters))


@pytest.mark.parametrize("opset", [5, 21, onnx.defs.onnx_opset_version()])
def test_an_opset_between_two_versions_takes_the_older(opset):
    x = np.array([-1.0, 2.0], np.float32)
    model = one_node_model("Selu", opset, onnx.TensorProto.FLOAT)
    (y,) = ReferenceEvaluator(model).run(None, {"x": x})
    assert_same_bits(y, elufast.selu(x, **schema_defaults(onnx.defs.get_schema("Selu", opset))))


def test_opset_1_of_selu_has_defaults_of_its_own():
    x = np.array([-1.0, 2.0], np.float32)
    first, second = (one_node_model("Selu", opset, onnx.TensorProto.FLOAT) for opset in (1, 6))
    (old,) = ReferenceEvaluator(first).run(None, {"x": x})
    (new,) = ReferenceEvaluator(second).run(None, {"x": x})
    assert (old != new).all()


def test_the_defaults_of_selu_are_those_of_onnx_exactly():
    """In float32; ONNX has no others."""
    (row,) = [row for row in ROWS if row.name == "selu"]
    exact = {"alpha": 1.67326319217681884765625, "scale": 1.05070102214813232421875}
    assert {name: float(np.float32(value)) for name, value in row.parameters.items()} == exact
    assert schema_defaults(onnx.defs.get_schema("Selu")) == exact


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3, 4)], ids=str)
def test_any_shape(shape, rng):
    x = rng.normal(size=shape).astype(np.float32)
    for op in OPS:
        model = one_node_model(op.__name__, 18, onnx.TensorProto.FLOAT)
        (y,) = ReferenceEvaluator(model).run(None, {"x": x})
        assert isinstance(y, np.ndarray)
        assert_same_bits(y, UFUNCS[op.__name__](x))


# ---- whole models --------------------------------------------------------------------------------

NETWORK = """
<ir_version: 8, opset_import: ["": 18]>
network (float[N, 16] x) => (float[N, 8] e, float[N, 8] s, float[N, 8] c, float[N, 24] all)
{
    product = MatMul (x, weights)
    h = Add (product, bias)
    e = Elu <alpha = 0.75> (h)
    s = Selu (h)
    c = Celu <alpha = 1.5> (h)
    all = Concat <axis = 1> (e, s, c)
}
"""
EXPECTED = [
    lambda h: elufast.elu(h, 0.75),
    lambda h: elufast.selu(h),
    lambda h: elufast.celu(h, 1.5),
]


@pytest.fixture
def network(rng):
    """A dense layer and its activations, its input, and h: exact, whoever computes it."""
    model = parser.parse_model(NETWORK)
    x, weights = (rng.integers(-64, 64, shape) / 64 for shape in [(301, 16), (16, 8)])
    bias = rng.integers(-64, 64, 8) / 64
    for name, values in (("weights", weights), ("bias", bias)):
        tensor = onnx.numpy_helper.from_array(values.astype(np.float32), name)
        model.graph.initializer.append(tensor)
    onnx.checker.check_model(model)
    return model, x.astype(np.float32), (x @ weights + bias).astype(np.float32)


def test_a_network_has_the_bits_of_the_ufuncs(network, calls):
    model, x, h = network
    *parts, together = ReferenceEvaluator(model).run(None, {"x": x})
    assert calls == ["elu", "selu", "celu"]
    expected = [function(h) for function in EXPECTED]
    assert_same_bits(tuple(parts), tuple(expected))
    assert_same_bits(together, np.concatenate(expected, axis=1))
    # onnx's own operators have other ones, or this would show nothing.
    *others, _ = reference.ReferenceEvaluator(model).run(None, {"x": x})
    assert all((a != b).any() for a, b in zip(parts, others, strict=True))


def with_onnx(model, x):
    return reference.ReferenceEvaluator(model).run(None, {"x": x})


def with_onnxruntime(model, x):
    runtime = pytest.importorskip("onnxruntime")
    providers = ["CPUExecutionProvider"]
    session = runtime.InferenceSession(model.SerializeToString(), providers=providers)
    return session.run(None, {"x": x})


@pytest.mark.parametrize("run", [with_onnx, with_onnxruntime], ids=["onnx", "onnxruntime"])
def test_a_network_is_close_to(run, network):
    """Others compute exp(x) - 1, some of them: near 0 they are off by units of 1."""
    model, x, h = network
    ours = ReferenceEvaluator(model).run(None, {"x": x})
    theirs = run(model, x)
    eps = np.finfo(np.float32).eps
    is_far = abs(np.concatenate([h, h, h], axis=1)) >= 1
    assert 0.3 < is_far.mean() < 0.9
    np.testing.assert_array_max_ulp(ours[-1][is_far], theirs[-1][is_far], maxulp=4)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=2 * eps, atol=4 * eps)


NESTED = """
<ir_version: 8, opset_import: ["": 18, "local": 1]>
nested (float[N] x, bool condition) => (float[N] y) {
    h = local.block <slope = 0.5> (x)
    y = If (condition) <
        then_branch = yes () => (float[N] a) { a = Selu (h) },
        else_branch = no () => (float[N] b) { b = Celu <alpha = 2.0> (h) }
    >
}
<opset_import: ["": 18], domain: "local">
block <slope> (x) => (z) {
    u = Elu <alpha: float = @slope> (x)
    always = Constant <value = bool {1}> ()
    z = If (always) <
        then_branch = yes () => (float[N] a) { a = Celu <alpha = 0.25> (u) },
        else_branch = no () => (float[N] b) { b = Identity (u) }
    >
}
"""


@pytest.mark.parametrize(
    ("condition", "last"), [(True, elufast.selu), (False, lambda h: elufast.celu(h, 2.0))]
)
def test_functions_and_subgraphs_are_reached(condition, last, rng, calls):
    x = rng.normal(scale=3, size=1001).astype(np.float32)
    evaluator = ReferenceEvaluator(parser.parse_model(NESTED))
    (y,) = evaluator.run(None, {"x": x, "condition": np.array(condition)})
    assert calls == ["elu", "celu", "selu" if condition else "celu"]
    assert_same_bits(y, last(elufast.celu(elufast.elu(x, 0.5), 0.25)))


def test_the_operators_alone_do_not_reach_functions(rng, calls):
    """onnx's evaluator does not pass `new_ops` to functions, which is why there is another one."""
    x = rng.normal(scale=3, size=10).astype(np.float32)
    # Nor can its own Elu take an attribute from a function.
    model = parser.parse_model(NESTED.replace("<alpha: float = @slope>", "<alpha = 0.5>"))
    evaluator = reference.ReferenceEvaluator(model, new_ops=list(OPS))
    evaluator.run(None, {"x": x, "condition": np.array(True)})
    assert calls == ["selu"]


def test_operators_of_the_caller_come_first(calls):
    class Elu(elufast.onnx.Elu):
        def _run(self, x, **attributes):
            return (np.zeros_like(x),)

    model = one_node_model("Elu", 18, onnx.TensorProto.FLOAT)
    (y,) = ReferenceEvaluator(model, new_ops=[Elu]).run(None, {"x": np.ones(3, np.float32)})
    assert y.tolist() == [0, 0, 0]
    assert calls == []


# ---- errors, documentation -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int64", "bool", "longdouble", "complex64"])
def test_a_tensor_of_another_type_is_named(dtype, calls):
    for op in OPS:
        model = one_node_model(op.__name__, 18, onnx.TensorProto.FLOAT)
        x = np.ones(3, dtype)
        with pytest.raises(TypeError, match=f"ONNX's {op.__name__} .* not of {x.dtype}$"):
            ReferenceEvaluator(model).run(None, {"x": x})
    assert calls == []


@pytest.mark.parametrize("x", [[1.0, 2.0], 1.0, None], ids=repr)
def test_what_is_no_tensor_is_named(x, calls):
    for op in OPS:
        model = one_node_model(op.__name__, 18, onnx.TensorProto.FLOAT)
        expected = f"^ONNX's {op.__name__} takes tensors of float16, .* not a {type(x).__name__}$"
        with pytest.raises(TypeError, match=expected):
            ReferenceEvaluator(model).run(None, {"x": x})
    assert calls == []


def test_an_opset_without_the_operator_is_an_error():
    model = one_node_model("Celu", 11, onnx.TensorProto.FLOAT)
    with pytest.raises(onnx.defs.SchemaError, match="Celu"):
        ReferenceEvaluator(model)


def test_the_docstrings_name_every_opset():
    for schema in SCHEMAS:
        doc = getattr(elufast.onnx, schema.name).__doc__
        assert re.search(rf"Opsets[^.;]*\b{schema.since_version}\b", doc), schema


def test_the_examples_run():
    failed, attempted = doctest.testmod(elufast.onnx)
    assert attempted >= 12
    assert failed == 0
