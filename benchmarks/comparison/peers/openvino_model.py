"""OpenVINO: a compiled model of one operation, its input and output bound to given memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept

PRECISION = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}


class OpenVino(Peer):
    name = "openvino"
    label = "OpenVINO"
    module = "openvino"
    # it computes with a oneDNN of its own
    isa_environment = avx2_through(ONEDNN_MAX_CPU_ISA="AVX2")

    def start(self, threads: int) -> None:
        import openvino

        self._core, self._threads = openvino.Core(), threads

    def supports(self, function: str, dtype: str) -> bool:
        return function in ("elu", "selu") and dtype in PRECISION

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        outputs = empty_outputs(function, inputs[0])
        model = self._model(function, inputs[0].size, inputs[0].dtype.name, **parameters)
        request = model.create_infer_request()
        request.set_input_tensor(_tensor(inputs[0]))
        request.set_output_tensor(_tensor(outputs[0]))
        return kept(request.infer, outputs, also_kept=inputs)

    @lru_cache(maxsize=1)  # noqa: B019 -- one instance, which lives as long as its process
    def _model(
        self, function: str, n: int, dtype: str, alpha: float, scale: float | None = None
    ) -> Any:
        """Compile for one size: a model of any size takes longer to run."""
        import openvino
        from openvino import opset13 as operations

        element = getattr(openvino.Type, PRECISION[dtype])
        x = operations.parameter([n], dtype=element, name="x")
        if function == "elu":
            y = operations.elu(x, alpha)
        else:
            constants = [operations.constant([value], element) for value in (alpha, scale)]
            y = operations.selu(x, *constants)
        settings = {
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": 1,
            # Else float32 is computed in bfloat16 where the CPU has it.
            "INFERENCE_PRECISION_HINT": PRECISION[dtype],
        }
        return self._core.compile_model(openvino.Model([y], [x], function), "CPU", settings)


def _tensor(array: Array) -> Any:
    """Return a tensor in the memory of the array; openvino takes bfloat16 as bits and a type."""
    import openvino

    if array.dtype == "bfloat16":
        return openvino.Tensor(array.view("uint16"), array.shape, openvino.Type.bf16)
    return openvino.Tensor(array, shared_memory=True)


PEER = OpenVino()
