"""LiteRT (TensorFlow Lite) with its XNNPACK delegate: models of one ELU, timed in their buffers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from itertools import count
from typing import Any

from ..data import MAXIMUM_ROWS
from .base import Array, Peer, Prepared


class LiteRT(Peer):
    name = "litert"
    label = "XNNPACK (LiteRT)"
    module = "ai_edge_litert"
    distribution = "ai-edge-litert"

    def start(self, threads: int) -> None:
        import ai_edge_litert.interpreter

        self._interpreter_class = ai_edge_litert.interpreter.Interpreter
        self._threads = threads

    def supports(self, function: str, dtype: str) -> bool:
        # The delegate takes float32 alone, and ELU has no alpha in this format: it is 1.
        return (function, dtype) == ("elu", "float32")

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        """Copy the row into a model's input buffer; only the model is timed."""
        (x,) = inputs
        interpreter, models = self._interpreter(x.size)
        model = next(models) % MAXIMUM_ROWS
        # Interpreter.invoke() runs the first subgraph only; what it wraps runs any.
        native = interpreter._interpreter
        native.AllocateTensors(model)
        native.SetTensor(0, x, model)
        return Prepared(partial(native.Invoke, model), lambda: (native.GetTensor(1, model),))

    @lru_cache(maxsize=1)  # noqa: B019 -- one instance, which lives as long as its process
    def _interpreter(self, n: int) -> tuple[Any, count[int]]:
        """Return an interpreter with models for any number of rows, and the models' numbers.

        One interpreter, since each has a thread pool of its own, whose idle threads spin.
        """
        interpreter = self._interpreter_class(
            model_content=_models(n, MAXIMUM_ROWS), num_threads=self._threads
        )
        interpreter.allocate_tensors()
        operators = [details["op_name"] for details in interpreter._get_ops_details()]
        if "DELEGATE" not in operators:
            raise RuntimeError("the XNNPACK delegate did not take the model")
        return interpreter, count()


def _models(n: int, copies: int) -> bytes:
    """Return a file of models with one ELU of `n` elements."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    # The older of the two fields is read as well; both hold this operator's number.
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ELU
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [code]
    model.buffers = [schema.BufferT()]  # the first one is empty: the tensors are no constants
    model.subgraphs = [_elu(schema, n) for _ in range(copies)]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _elu(schema: Any, n: int) -> Any:
    graph, operator = schema.SubGraphT(), schema.OperatorT()
    graph.tensors = [schema.TensorT(), schema.TensorT()]
    for tensor in graph.tensors:
        tensor.type, tensor.shape = schema.TensorType.FLOAT32, [n]
    graph.inputs = operator.inputs = [0]
    graph.outputs = operator.outputs = [1]
    graph.operators = [operator]
    return graph


PEER = LiteRT()
