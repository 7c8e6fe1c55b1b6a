"""Elu, Selu and Celu of ONNX models, computed by elufast; needs the package onnx.

`ReferenceEvaluator` is that of ``onnx.reference`` with these operators in the place of its own, in
the graph, in its subgraphs and in functions. `OPS` are the operators alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx.defs
import onnx.reference
from onnx.reference.op_run import OpRun

import elufast

__all__ = ["OPS", "Celu", "Elu", "ReferenceEvaluator", "Selu"]

# ONNX's attributes that are inputs of the ufuncs. consumed_inputs of opset 1 only told where a
# result might go.
_PARAMETERS = {"alpha": "alpha", "gamma": "scale"}
_TYPES = ("float16", "bfloat16", "float32", "float64")


class _Activation(OpRun):
    op_domain = ""
    ufunc: np.ufunc

    def __init__(
        self, onnx_node: onnx.NodeProto, run_params: dict[str, Any], schema: Any = None
    ) -> None:
        if schema is None:
            # OpRun takes the newest schema, whose defaults are not those of every opset.
            version = run_params["opsets"][onnx_node.domain]
            schema = onnx.defs.get_schema(onnx_node.op_type, version, onnx_node.domain)
        super().__init__(onnx_node, run_params, schema)

    def run(self, *tensors: Any, **options: Any) -> Any:
        for x in tensors:
            # Here, because OpRun hides the message of a TypeError of _run.
            dtype = getattr(x, "dtype", None)
            if getattr(dtype, "name", None) not in _TYPES:
                given = f"of {dtype}" if dtype is not None else f"a {type(x).__name__}"
                raise TypeError(
                    f"ONNX's {self.op_type} takes tensors of {', '.join(_TYPES)}, not {given}"
                )
        return super().run(*tensors, **options)  # type: ignore[no-untyped-call]

    def _run(self, x: Any, **attributes: Any) -> tuple[Any]:
        # As Python floats they are weak: the type of x is that of the result.
        parameters = {
            name: float(attributes[attribute])
            for attribute, name in _PARAMETERS.items()
            if attribute in attributes
        }
        return (self.ufunc(x, **parameters),)


class Elu(_Activation):
    """ONNX's Elu through `elufast.elu`.

    ``x`` where x > 0, and ``alpha * expm1(x)`` elsewhere; the attribute `alpha`
    is the ufunc's parameter. Opsets 1, 6 and 22.

    Examples
    --------
    >>> import numpy as np
    >>> from elufast.onnx import Elu
    >>> Elu.eval(np.array([-1.0, 0.0, 2.0], dtype=np.float32), alpha=0.5)
    array([-0.31606027,  0.        ,  2.        ], dtype=float32)
    """

    ufunc = elufast.elu


class Selu(_Activation):
    """ONNX's Selu through `elufast.selu`.

    ``gamma * x`` where x > 0, and ``gamma * alpha * expm1(x)`` elsewhere; the
    attribute `alpha` is the ufunc's parameter, and `gamma` its `scale`. Opsets 1,
    6 and 22; that of opset 1 has other defaults.

    Examples
    --------
    >>> import numpy as np
    >>> from elufast.onnx import Selu
    >>> Selu.eval(np.array([-1.0, 0.0, 2.0], dtype=np.float32))
    array([-1.1113307,  0.       ,  2.101402 ], dtype=float32)
    """

    ufunc = elufast.selu


class Celu(_Activation):
    """ONNX's Celu through `elufast.celu`.

    ``x`` where x > 0, and ``alpha * expm1(x / alpha)`` elsewhere; the attribute
    `alpha` is the ufunc's parameter. Opsets 12 and 28.

    Examples
    --------
    >>> import numpy as np
    >>> from elufast.onnx import Celu
    >>> Celu.eval(np.array([-1.0, 0.0, 2.0], dtype=np.float32), alpha=0.5)
    array([-0.43233237,  0.        ,  2.        ], dtype=float32)
    """

    ufunc = elufast.celu


#: For ``onnx.reference.ReferenceEvaluator(model, new_ops=OPS)``, which uses them everywhere but in
#: the bodies of the model's functions.
OPS = [Elu, Selu, Celu]


class ReferenceEvaluator(onnx.reference.ReferenceEvaluator):
    """Evaluate an ONNX model with Elu, Selu and Celu computed by elufast.

    The evaluator of ``onnx.reference`` with `OPS` added to its `new_ops`, also in
    the bodies of functions, to which it does not pass `new_ops` on by itself.

    The result of an operator has the type of its input and the bits of the ufunc:
    ``elu(x, alpha)``, ``selu(x, alpha, gamma)`` and ``celu(x, alpha)``, with the
    attributes, which are float32 numbers in a model, or the defaults of the
    model's opset. See `elufast.elu`, `elufast.selu` and `elufast.celu` for the
    formulas, for 0, NaN and infinity, and for the accuracy.

    Parameters
    ----------
    proto : ModelProto, GraphProto, FunctionProto, NodeProto, str or bytes
        The model, or the name of its file, or what is in the file.
    opsets : dict of str to int, optional
        The opset of each domain, for a GraphProto alone. Default: None.
    functions : list of FunctionProto or ReferenceEvaluator, optional
        Functions that `proto` calls, unless it is a ModelProto, which has its own.
        Default: None.
    verbose : int, optional
        How much to print of the intermediate results. Default: 0, nothing.
    new_ops : list of type, optional
        More operators, each a subclass of ``onnx.reference.op_run.OpRun``; they
        come before those of elufast. Default: None.
    **options
        Whatever else the evaluator of the installed onnx takes.

    Raises
    ------
    TypeError
        In `run`, for a tensor that is neither float16, bfloat16, float32 nor
        float64.
    onnx.defs.SchemaError
        If the model's opset does not have the operator.

    See Also
    --------
    elufast.onnx.OPS : the operators alone.

    References
    ----------
    .. [1] ONNX operators Elu, Selu and Celu,
       https://onnx.ai/onnx/operators/

    Examples
    --------
    >>> import numpy as np
    >>> import onnx.parser
    >>> from elufast.onnx import ReferenceEvaluator
    >>> model = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["": 18]>
    ...     graph (float[N] x) => (float[N] z) {
    ...         y = Elu <alpha = 0.5> (x)
    ...         z = Add (y, x)
    ...     }''')
    >>> evaluator = ReferenceEvaluator(model)
    >>> evaluator.run(None, {"x": np.array([-1.0, 0.0, 2.0], dtype=np.float32)})
    [array([-1.3160603,  0.       ,  4.       ], dtype=float32)]
    """

    def __init__(
        self,
        proto: Any,
        opsets: dict[str, int] | None = None,
        functions: list[Any] | None = None,
        verbose: int = 0,
        new_ops: list[type[OpRun]] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(
            proto, opsets, functions, verbose, new_ops=[*(new_ops or []), *OPS], **options
        )
