"""TensorFlow: its eager operators, in new memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from importlib import metadata

from .base import Array, Peer, Prepared, avx2_through, returned

# By function: the operator and the names of its inputs. Their alpha cannot be chosen.
OPERATORS = {
    "elu": ("Elu", ("features",)),
    "elu_backward_from_output": ("EluGrad", ("gradients", "outputs")),
    "selu": ("Selu", ("features",)),
    "selu_backward_from_output": ("SeluGrad", ("gradients", "outputs")),
}


class TensorFlow(Peer):
    name = "tensorflow"
    label = "TensorFlow"
    module = "tensorflow"
    # The wheels' own loops are compiled for AVX; only oneDNN goes higher.
    isa_environment = avx2_through(ONEDNN_MAX_CPU_ISA="AVX2")

    def version(self) -> str:
        # "tensorflow" or "tensorflow-cpu", whichever brought the module.
        return metadata.version(metadata.packages_distributions()["tensorflow"][0])

    def start(self, threads: int) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)

    def supports(self, function: str, dtype: str) -> bool:
        return function in OPERATORS

    def prepare(
        self, function: str, inputs: tuple[Array, ...], parameters: Mapping[str, float]
    ) -> Prepared:
        import tensorflow

        operator, names = OPERATORS[function]
        tensors = map(tensorflow.constant, inputs)
        compute = getattr(tensorflow.raw_ops, operator)
        return returned(partial(compute, **dict(zip(names, tensors, strict=True))))


PEER = TensorFlow()
