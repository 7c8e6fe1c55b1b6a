"""ONNX Runtime: a model of one node, its input and output bound to given memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from .base import Array, Peer, Prepared, empty_outputs, kept

OPERATORS = {"elu": "Elu", "selu": "Selu", "celu": "Celu"}


class OnnxRuntime(Peer):
    name = "onnxruntime"
    label = "ONNX Runtime"
    module = "onnxruntime"
    opset = 15  # Elu, Selu and Celu in float32, and a file format every release reads

    def why_missing(self) -> str | None:
        from importlib.util import find_spec

        missing = [name for name in ("onnxruntime", "onnx") if find_spec(name) is None]
        return f"module {missing[0]!r} is not installed" if missing else None

    def start(self, threads: int) -> None:
        import onnxruntime

        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.inter_op_num_threads = 1
        self.options.log_severity_level = 3

    def supports(self, function: str, dtype: str) -> bool:
        return function in OPERATORS and dtype == "float32"

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        (x,), outputs = inputs, empty_outputs(function, inputs[0])
        session = self._session(function, tuple(parameters.items()))
        binding = session.io_binding()
        binding.bind_input("x", "cpu", 0, x.dtype.type, x.shape, x.ctypes.data)
        binding.bind_output("y", "cpu", 0, x.dtype.type, x.shape, outputs[0].ctypes.data)
        # The binding holds addresses: the closure below keeps the arrays alive.
        return kept(partial(_run, session, binding, x), outputs)

    @cache  # noqa: B019 -- one instance, which lives as long as its process
    def _session(self, function: str, parameters: tuple[tuple[str, float], ...]) -> Any:
        import onnxruntime

        return onnxruntime.InferenceSession(
            _model(function, dict(parameters), self.opset),
            self.options,
            providers=["CPUExecutionProvider"],
        )


def _run(session: Any, binding: Any, _keep: Array) -> None:
    session.run_with_iobinding(binding)


def _model(function: str, parameters: Mapping[str, float], opset: int) -> bytes:
    from onnx import TensorProto, helper

    attributes = {"gamma" if name == "scale" else name: v for name, v in parameters.items()}
    node = helper.make_node(OPERATORS[function], ["x"], ["y"], **attributes)
    x, y = (helper.make_tensor_value_info(v, TensorProto.FLOAT, ["n"]) for v in "xy")
    graph = helper.make_graph([node], function, [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


PEER = OnnxRuntime()
