"""OpenVINO: a compiled model of one operation, its input and output bound to given memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .base import Array, Peer, Prepared, avx2_through, empty_outputs, kept

PRECISION = {"float32": "f32", "float16": "f16"}


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
        import openvino

        outputs = empty_outputs(function, inputs[0])
        model = self._model(function, inputs[0].size, inputs[0].dtype.name, **parameters)
        request = model.create_infer_request()
        request.set_input_tensor(openvino.Tensor(inputs[0], shared_memory=True))
        request.set_output_tensor(openvino.Tensor(outputs[0], shared_memory=True))
        return kept(request.infer, outputs, also_kept=inputs)

    @lru_cache(maxsize=1)  # noqa: B019 -- one instance, which lives as long as its process
    def _model(
        self, function: str, n: int, dtype: str, alpha: float, scale: float | None = None
    ) -> Any:
        """Compile for one size: a model of any size takes longer to run."""
        import numpy as np
        import openvino
        from openvino import opset13 as operations

        as_type = np.dtype(dtype).type
        x = operations.parameter([n], dtype=as_type, name="x")
        if function == "elu":
            y = operations.elu(x, alpha)
        else:
            constants = [np.full(1, value, as_type) for value in (alpha, scale)]
            y = operations.selu(x, *constants)
        settings = {
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": 1,
            # Else float32 is computed in bfloat16 where the CPU has it.
            "INFERENCE_PRECISION_HINT": PRECISION[dtype],
        }
        return self._core.compile_model(openvino.Model([y], [x], function), "CPU", settings)


PEER = OpenVino()
