"""Docstrings and signatures of the public ufuncs.

The signature is made from a function's row, the prose from parts that stand once: what all
functions share (`_TEMPLATE`), the forms in which an activation comes (`_FORMS`) and the activations
(`_ACTIVATIONS`). Every start of the package runs this, so it is plain dicts and `str.format`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import inspect

    from elufast._ufuncs import Row

# The keywords of every ufunc, in NumPy's order.
_KEYWORDS: dict[str, Any] = {
    "where": True,
    "casting": "same_kind",
    "order": "K",
    "dtype": None,
    "subok": True,
}

_TEMPLATE = """\
{signature_line}

{summary}

{short} is the {title} [1]_ [2]_::

{formula}

Parameters
----------
{data}
{parameters}
out : ndarray, None, or tuple of ndarray and None, optional
    Where the result goes: an array of the shape to which the inputs
    broadcast. It may be one of the inputs or overlap them. If it is not given
    or None, a new array is made. A tuple, by keyword only, has one entry for
    each output.
where : array_like, optional
    Where to compute; broadcast with the inputs. Elsewhere `out` keeps its
    values, and a new array stays uninitialised.
**kwargs
    `casting`, `order`, `dtype`, `subok` and `signature`, as for every NumPy
    ufunc: see the :ref:`ufunc docs <ufuncs.kwargs>`.

Returns
-------
{returns}

Raises
------
TypeError
    For complex, object, string and datetime inputs, and for wrong arguments.
ValueError
    If the shapes do not broadcast, or `out` is read-only or of another shape.

Warns
-----
RuntimeWarning
    Where a result overflows or is invalid, as `numpy.errstate` directs. The
    branch that is not taken never warns.

Warnings
--------
The positional argument after `{last}` is `alpha`, not `out`::

    {name}({call}, buf)  # buf is alpha, and not written to
    {name}({call}, out={buffers})

See Also
--------
{see_also}

Notes
-----
Special values:

{special}

{remarks}The result has the type of the inputs: float16, float32, float64, longdouble or
`ml_dtypes.bfloat16`. If all inputs are bool or integer it is float64; mixed
types promote as in NumPy. A Python number given as a parameter does not
promote, a NumPy scalar or array does. Parameters are rounded to the type that
computes.

Accuracy, of the exact function of the inputs and parameters as the computing
type holds them, where neither the result nor an intermediate of the formula
overflows or underflows:

{accuracy}
- longdouble: as good as ``expl`` and ``expm1l`` of the C library.

Subnormal inputs and results are kept, unless the calling thread has switched
on flushing them to zero.

The same element always gives the same bits: its place, the alignment, strides
and shape of the array, the number of threads and the instruction set (of those
with FMA) have no influence. (The sign and payload of a NaN are not promised.)
Long arrays are computed by several threads; `elufast.set_num_threads` sets how
many.

Methods of the ufunc:

- ``.reduce``, ``.accumulate`` and ``.reduceat`` have no meaning here: they
  would take results for parameters;
{methods}

References
----------
{paper}
.. [2] ONNX operator specification, {operator}:
   https://onnx.ai/onnx/operators/onnx__{operator}.html

Examples
--------
>>> import numpy as np
>>> import elufast
>>> x = np.array([-2.0, -0.5, 0.0, 3.0])
{example}
"""

_X = """\
x : array_like
    Input of the activation."""
_GRAD = """\
grad : array_like
    Gradient with respect to the output of the activation."""
_Y = """\
y : array_like
    Output of `{base}` for the same parameters."""

_VALUE_SPECIAL = """\
- ``{base}(+-0) = +-0``: the sign is kept, whatever `alpha` is;
- ``{base}(-inf) = {value[at_minus_inf]}``, ``{base}(inf) = {value[at_inf]}``;
"""
_SLOPE_AT_ZERO = """\
- at 0 the derivative is the left one, ``{slope[at_zero]}``{differs_at_zero};
"""
_SLOPE_AT_INF = """\
- at -inf the derivative is ``{slope[at_minus_inf]}``, at inf ``{slope[at_inf]}``;
"""
_NAN_X = """\
- NaN in `x` gives NaN, without a warning;
{conditions}"""

_ROUNDED_NARROW = """\
- float16, bfloat16: correctly rounded for the default parameters, else within
  0.51 ULP;
"""
_NARROW = "- float16, bfloat16: at most 0.51 ULP;\n"
_FLOAT = "- float32, float64: at most {ulp} ULP for the default parameters, else 2 ULP;"
_PAIR = "- float32, float64: the bounds of `{base}` and of `{base}_grad`;"

_FORMS: dict[str, dict[str, str]] = {
    "": {
        "summary": "{Title} ({short}), element-wise.",
        "formula": "{value_cases}",
        "data": _X,
        "returns": """\
y : ndarray or scalar
    The activation. A scalar if all inputs are scalars.""",
        "special": _VALUE_SPECIAL + _NAN_X,
        "remarks": "",
        "accuracy": _ROUNDED_NARROW + _FLOAT,
        "example": """\
>>> elufast.{name}(x)
{value[example]}

One `alpha` for each row:

>>> elufast.{name}([[-1.0, 3.0], [-1.0, 3.0]], alpha=[[0.5], [2.0]])
{alpha_example}

In place:

>>> elufast.{name}(x, out=x) is x
True""",
    },
    "_grad": {
        "summary": "Derivative of {short}, element-wise.",
        "formula": "{slope_cases}",
        "data": _X,
        "returns": """\
dydx : ndarray or scalar
    The derivative. A scalar if all inputs are scalars.""",
        "special": _SLOPE_AT_ZERO + _SLOPE_AT_INF + _NAN_X,
        "remarks": "",
        "accuracy": _ROUNDED_NARROW + _FLOAT,
        "example": """\
>>> elufast.{name}(x)
{slope[example]}""",
    },
    "_grad2": {
        "summary": "Second derivative of {short}, element-wise.",
        "formula": "{curvature_cases}",
        "data": _X,
        "returns": """\
d2ydx2 : ndarray or scalar
    The second derivative. A scalar if all inputs are scalars.""",
        "special": """\
- at 0 the second derivative is the left one, ``{curvature[at_zero]}``;
- at -inf it is ``{curvature[at_minus_inf]}``, at inf ``{curvature[at_inf]}``;
"""
        + _NAN_X,
        "remarks": "",
        "accuracy": _ROUNDED_NARROW + _FLOAT,
        "example": """\
>>> elufast.{name}(x)
{curvature[example]}""",
    },
    "_with_grad": {
        "summary": "{short} and its derivative, element-wise, in one pass.",
        "formula": "{value_cases}\n\n{slope_cases}",
        "data": _X,
        "returns": """\
y : ndarray or scalar
    The activation, the same bits as of `{base}`. A scalar if all inputs are
    scalars.
dydx : ndarray or scalar
    The derivative, the same bits as of `{base}_grad`. A scalar if all inputs
    are scalars.""",
        "special": _VALUE_SPECIAL + _SLOPE_AT_ZERO + _SLOPE_AT_INF + _NAN_X,
        "remarks": "",
        "accuracy": _ROUNDED_NARROW + _PAIR,
        "example": """\
>>> y, dydx = elufast.{name}(x)
>>> y
{value[example]}
>>> dydx
{slope[example]}""",
    },
    "_backward": {
        "summary": "Gradient through {short}, element-wise, in one pass.",
        "formula": "{backward_cases}",
        "data": f"{_GRAD}\n{_X}",
        "returns": """\
dx : ndarray or scalar
    Gradient with respect to `x`. A scalar if all inputs are scalars.""",
        "special": _SLOPE_AT_ZERO
        + _SLOPE_AT_INF
        + """\
- NaN in `grad` or `x` gives NaN, without a warning;
{conditions}""",
        "remarks": """\
The result is ``grad * {base}_grad(x)``; for ``grad = 1`` it has the same bits
as `{base}_grad`.

""",
        "accuracy": _NARROW + _FLOAT,
        "example": """\
>>> grad = np.array([1.0, 2.0, 3.0, 4.0])
>>> elufast.{name}(grad, x)
{backward_example}""",
    },
    "_backward_from_output": {
        "summary": "Gradient through {short} from its output, element-wise.",
        "formula": "{from_output_cases}",
        "data": f"{_GRAD}\n{_Y}",
        "returns": """\
dx : ndarray or scalar
    Gradient with respect to the input of `{base}`. A scalar if all inputs are
    scalars.""",
        "special": _SLOPE_AT_ZERO
        + """\
- for inf in `y` the derivative is ``{slope[at_inf]}``;
- NaN in `grad` or `y` gives NaN, without a warning;
{output_conditions}""",
        "remarks": """\
The output does not hold what the forward pass rounded away. For float32 and
the default parameters the gradient is about 0.1 % off at x = -10 and nothing
of it is left at x = -17.3; for float64 that is at -30.8 and -37.4.
`{base}_backward`, which takes `x`, has no such limit.

""",
        "accuracy": _NARROW + _FLOAT,
        "example": """\
>>> grad = np.array([1.0, 2.0, 3.0, 4.0])
>>> y = elufast.{base}(x)
>>> elufast.{name}(grad, y)
{backward_example}""",
    },
}

# Of each curve: its branches for x > 0 and elsewhere, the values promised, and what the x of
# _TEMPLATE gives for the default parameters.
_ACTIVATIONS: dict[str, dict[str, Any]] = {
    "elu": {
        "title": "exponential linear unit",
        "short": "ELU",
        "parameters": """\
alpha : array_like, optional
    Minus the limit of ELU at -inf. Default: {defaults[alpha]!r}. Broadcast with the other
    inputs, so it may hold one number for each channel.""",
        "value": {
            "branches": ("x", "alpha * expm1(x)"),
            "at_minus_inf": "-alpha",
            "at_inf": "inf",
            "example": "array([-0.86466472, -0.39346934,  0.        ,  3.        ])",
        },
        "slope": {
            "branches": ("1", "alpha * exp(x)"),
            "at_zero": "alpha",
            "at_minus_inf": "0",
            "at_inf": "1",
            "example": "array([0.13533528, 0.60653066, 1.        , 1.        ])",
        },
        "curvature": {
            "branches": ("0", "alpha * exp(x)"),
            "at_zero": "alpha",
            "at_minus_inf": "0",
            "at_inf": "0",
            "example": "array([0.13533528, 0.60653066, 1.        , 0.        ])",
        },
        "backward": ("grad", "grad * alpha * exp(x)"),
        "from_output": ("grad", "grad * (y + alpha)"),
        "alpha_example": """\
array([[-0.31606028,  3.        ],
       [-1.26424112,  3.        ]])""",
        "backward_example": "array([0.13533528, 1.21306132, 3.        , 4.        ])",
        "conditions": """\
- a negative, infinite or NaN `alpha` gives what the formula gives, where the
  branch uses it.""",
        "output_conditions": """\
- a negative `alpha` gives NaN and an invalid warning; a NaN one gives NaN.""",
        "differs_at_zero": "",
        "one_ulp": ("elu", "elu_grad"),
        "paper": """\
.. [1] D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and Accurate
   Deep Network Learning by Exponential Linear Units (ELUs)", 2015,
   arXiv:1511.07289""",
    },
    "selu": {
        "title": "scaled exponential linear unit",
        "short": "SELU",
        "parameters": """\
alpha : array_like, optional
    As for ELU. Default: {defaults[alpha]!r}. Broadcast with the other inputs,
    so it may hold one number for each channel.
scale : array_like, optional
    Factor of both branches. Default: {defaults[scale]!r}. Broadcast likewise.
    In float32 the two defaults are exactly those of ONNX.""",
        "value": {
            "branches": ("scale * x", "scale * alpha * expm1(x)"),
            "at_minus_inf": "-scale * alpha",
            "at_inf": "inf",
            "example": "array([-1.52016647, -0.69175819,  0.        ,  3.15210296])",
        },
        "slope": {
            "branches": ("scale", "scale * alpha * exp(x)"),
            "at_zero": "scale * alpha",
            "at_minus_inf": "0",
            "at_inf": "scale",
            "example": "array([0.23793287, 1.06634115, 1.75809934, 1.05070099])",
        },
        "curvature": {
            "branches": ("0", "scale * alpha * exp(x)"),
            "at_zero": "scale * alpha",
            "at_minus_inf": "0",
            "at_inf": "0",
            "example": "array([0.23793287, 1.06634115, 1.75809934, 0.        ])",
        },
        "backward": ("grad * scale", "grad * scale * alpha * exp(x)"),
        "from_output": ("grad * scale", "grad * (y + scale * alpha)"),
        "alpha_example": """\
array([[-0.33208485,  3.15210296],
       [-1.32833939,  3.15210296]])""",
        "backward_example": "array([0.23793287, 2.13268231, 5.27429802, 4.20280395])",
        "conditions": """\
- negative, infinite or NaN parameters give what the formula gives, where the
  branch uses them.""",
        "output_conditions": """\
- a negative `alpha`, or a `scale` that is not positive, gives NaN and an
  invalid warning; a NaN one gives NaN.""",
        "differs_at_zero": "\n  (TensorFlow's SeluGrad takes the right one, ``scale``)",
        "one_ulp": (),
        "paper": """\
.. [1] G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter,
   "Self-Normalizing Neural Networks", 2017, arXiv:1706.02515""",
    },
    "celu": {
        "title": "continuously differentiable exponential linear unit",
        "short": "CELU",
        "parameters": """\
alpha : array_like, optional
    If positive, minus the limit of CELU at -inf. Default: {defaults[alpha]!r}. Broadcast
    with the other inputs, so it may hold one number for each channel.""",
        "value": {
            "branches": ("x", "alpha * expm1(x / alpha)"),
            "at_minus_inf": "-alpha",
            "at_inf": "inf",
            "example": "array([-0.86466472, -0.39346934,  0.        ,  3.        ])",
        },
        "slope": {
            "branches": ("1", "exp(x / alpha)"),
            "at_zero": "1",
            "at_minus_inf": "0",
            "at_inf": "1",
            "example": "array([0.13533528, 0.60653066, 1.        , 1.        ])",
        },
        "curvature": {
            "branches": ("0", "exp(x / alpha) / alpha"),
            "at_zero": "1 / alpha",
            "at_minus_inf": "0",
            "at_inf": "0",
            "example": "array([0.13533528, 0.60653066, 1.        , 0.        ])",
        },
        "backward": ("grad", "grad * exp(x / alpha)"),
        "from_output": ("grad", "grad * (1 + y / alpha)"),
        "alpha_example": """\
array([[-0.43233236,  3.        ],
       [-0.78693868,  3.        ]])""",
        "backward_example": "array([0.13533528, 1.21306132, 3.        , 4.        ])",
        "conditions": """\
- ``alpha = 0`` gives NaN and an invalid warning where ``x < 0``;
- a negative `alpha` is the formula as written: the exponential grows with -x,
  up to overflow;
- an infinite or NaN `alpha` gives what the formula gives, where the branch
  uses it.""",
        "output_conditions": """\
- ``alpha = 0`` gives NaN and an invalid warning where ``y < 0``;
- a negative `alpha` gives NaN and an invalid warning; a NaN one gives NaN.""",
        "differs_at_zero": "",
        "one_ulp": ("celu",),
        "paper": """\
.. [1] J. T. Barron, "Continuously Differentiable Exponential Linear Units",
   2017, arXiv:1704.07483""",
    },
}


def docstring(row: Row) -> str:
    """Return the docstring of the function of `row`."""
    base, suffix = _split(row.name)
    words = words_of(row)
    parts = {field: text.format_map(words) for field, text in _FORMS[suffix].items()}
    parts["parameters"] = _ACTIVATIONS[base]["parameters"].format_map(words)
    return _TEMPLATE.format_map(words | parts)


def summary_of(row: Row) -> str:
    """Return the first line of the docstring of the function of `row`."""
    return _FORMS[_split(row.name)[1]]["summary"].format_map(words_of(row))


def words_of(row: Row) -> dict[str, Any]:
    """Return what the texts call by name."""
    base, suffix = _split(row.name)
    activation = _ACTIVATIONS[base]
    title = activation["title"]
    return {
        **activation,
        "signature_line": _signature_line(row),
        "name": row.name,
        "base": base,
        "NAME": row.name.upper(),
        "Title": title[0].upper() + title[1:],
        "operator": base.capitalize(),
        "defaults": row.parameters,
        "last": row.data[-1],
        "call": ", ".join(row.data),
        "buffers": "buf" if row.nout == 1 else "(buf, buf2)",
        "value_cases": _cases("y", "x", activation["value"]["branches"]),
        "slope_cases": _cases("dydx", "x", activation["slope"]["branches"]),
        "curvature_cases": _cases("d2ydx2", "x", activation["curvature"]["branches"]),
        "backward_cases": _cases("dx", "x", activation["backward"]),
        "from_output_cases": _cases("dx", "y", activation["from_output"]),
        "ulp": "1" if row.name in activation["one_ulp"] else "1.5",
        "see_also": _see_also(base, suffix),
        "methods": _methods(row),
    }


def signature_of(row: Row) -> inspect.Signature:
    """Return the signature of the function of `row`.

    As in NumPy, `out` stands for any number of outputs, also where these can be given by position.
    """
    from inspect import Parameter, Signature

    anyhow, keyword = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
    return Signature(
        [
            *(Parameter(name, anyhow) for name in row.data),
            *(Parameter(name, anyhow, default=d) for name, d in row.parameters.items()),
            Parameter("out", anyhow, default=_no_output(row)),
            *(Parameter(name, keyword, default=d) for name, d in _KEYWORDS.items()),
            Parameter("signature", keyword, default=None),
        ]
    )


def documented() -> list[str]:
    """Return the names of the functions that have prose."""
    return [base + suffix for base in _ACTIVATIONS for suffix in _FORMS]


def _split(name: str) -> tuple[str, str]:
    base = name.partition("_")[0]
    return base, name.removeprefix(base)


def _signature_line(row: Row) -> str:
    inputs = ", ".join([*row.data, *(f"{name}={d!r}" for name, d in row.parameters.items())])
    positional = "[, out1, out2]" if row.nout == 2 else ""
    keywords = ", ".join([f"{name}={d!r}" for name, d in _KEYWORDS.items()])
    return f"{row.name}({inputs}{positional}, out={_no_output(row)}, *, {keywords}[, signature])"


def _no_output(row: Row) -> tuple[None, ...] | None:
    return None if row.nout == 1 else (None,) * row.nout


def _cases(result: str, of: str, branches: tuple[str, str]) -> str:
    right, left = branches
    width = max(len(right), len(left))
    return (
        f"    {result} = {right:{width}}    where {of} > 0\n"
        f"    {result} = {left:{width}}    elsewhere"
    )


def _see_also(base: str, suffix: str) -> str:
    same_activation = ", ".join([base + other for other in _FORMS if other != suffix])
    same_form = ", ".join([other + suffix for other in _ACTIVATIONS if other != base])
    return f"{same_activation}\n{same_form}"


def _methods(row: Row) -> str:
    if (inputs := len(row.data) + len(row.parameters)) > 2:
        return f"- ``.outer`` and ``.at`` do not exist for {inputs} inputs."
    if row.nout == 2:
        return "- ``.outer`` needs `alpha`; ``.at`` does not exist for two outputs."
    return "- ``.outer`` and ``.at`` need `alpha`."
