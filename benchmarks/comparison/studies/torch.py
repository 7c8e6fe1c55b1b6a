"""elufast.torch against PyTorch's own functions: on tensors, with and without autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cases import Case
from ..forms import Forms, add_ratio_of_rounds, key_of, measure_forms, serve_forms
from ..peers.base import Array, Peer, Prepared
from ..peers.torch_out import array, tensor
from ..results import Comparison, Record, threads
from ..sheets import BAD, Cell, Sheet, significant, times
from ..timing import with_data
from .base import Preset, Study, by_threads

if TYPE_CHECKING:
    from ..bench import Bench

FORWARD, BOTH = "forward", "forward and backward"
HOST, OTHER = "elufast", "torch"
PYTHON = "python"
"""elufast.torch as it is without a call of build_native()."""
FLOOR = "floor"
"""An autograd.Function in Python that saves its input and computes nothing: what PyTorch asks for
any of them."""
NOTE = (
    "elufast: after build_native(); in Python: without it. Ratios to PyTorch: the median of those "
    "of the rounds. Marked: not faster. "
    "Floor: forward and backward of an autograd.Function in Python that saves its input and "
    "returns new tensors, but computes nothing."
)
SIZES = (1001, 1500, 2000, 3000, 4096, 10_000, 100_000, 1_000_000, 10_000_000)


def prepare(
    peer: Peer, function: str, batches: tuple[Array, ...], parameters: Mapping[str, float]
) -> Forms:
    """Prepare both libraries in one process, where they take turns of milliseconds.

    The process of the other one has the ways in Python: nothing leads back to them from the C++.
    """
    import torch

    import elufast
    import elufast.torch

    ours = getattr(elufast.torch, function)
    (rows,) = batches
    if peer.name == HOST:
        torch.set_num_threads(elufast.get_num_threads())
        elufast.torch.build_native()
        theirs = getattr(torch.nn.functional, function)
        return _forms(HOST, ours, rows) | _forms(OTHER, theirs, rows)
    elufast.set_num_threads(torch.get_num_threads())
    torch.set_grad_enabled(True)  # which that peer by itself has off
    floor = [_prepared(_both(_nothing(), x)) for x in rows]
    return _forms(PYTHON, ours, rows) | {(FLOOR, BOTH): floor}


def _forms(name: str, activation: Callable[[Any], Any], rows: Array) -> Forms:
    return {
        (name, FORWARD): [_prepared(partial(activation, tensor(x))) for x in rows],
        (name, BOTH): [_prepared(_both(activation, x)) for x in rows],
    }


def _nothing() -> Callable[[Any], Any]:
    import torch

    class Nothing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.empty_like(x)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return torch.empty_like(x)

    return Nothing.apply


def _both(activation: Callable[[Any], Any], x: Array) -> Callable[[], Any]:
    """Return a call that gives the gradient; that of the output is x in reverse order."""
    import torch

    leaf, grad = tensor(x).requires_grad_(), tensor(x[::-1].copy())
    return lambda: torch.autograd.grad(activation(leaf), leaf, grad)


def _prepared(call: Callable[[], Any]) -> Prepared:
    def outputs() -> tuple[Array, ...]:
        results = call()
        return tuple(map(array, results if isinstance(results, tuple) else (results,)))

    return Prepared(call, outputs)


class Torch(Study):
    name = "torch"
    summary = "elufast.torch against torch.nn.functional: forward, forward and backward"
    preset = Preset(
        ("elu", "selu", "celu"),
        {"float32": SIZES, "float64": SIZES, "float16": SIZES, "bfloat16": SIZES},
        rounds=15,
    )
    quick = Preset(("elu",), {"float32": (1001, 100_000)}, rounds=3)
    fixed = ("peers",)

    def functions(self) -> tuple[str, ...]:
        return ("elu", "selu", "celu")

    def peers(self) -> tuple[str, ...]:
        return (HOST, OTHER)

    def holders(self, peers: int, threads: int) -> int:
        return 4 * peers

    def measure(self, bench: Bench, plan: Sequence[Case]) -> list[Record]:
        records: list[Record] = []
        for count, mine in by_threads(plan):
            with bench.team(count, serve_forms) as team:
                for case, data in with_data(mine):
                    step = partial(bench.step, case)
                    records += measure_forms(team, self.name, case, data, bench.rounds, step)
        add_ratio_of_rounds(records, "to_torch", lambda r: key_of(r, peer=OTHER))
        return records

    def sheets(self, comparison: Comparison) -> Iterator[Sheet]:
        columns = ["elements", f"{FORWARD}: PyTorch", "elufast", "ratio"]
        columns += [f"{BOTH}: PyTorch", "elufast", "ratio", "in Python", "ratio", FLOOR]
        for keys, records in comparison.groups("function", "dtype", "threads").items():
            function, dtype, count = keys
            found = {(record.n, record.peer, record.form): record for record in records}
            sizes = dict.fromkeys(record.n for record in records)
            rows: list[list[Cell | str]] = [
                [
                    f"{n:,}",
                    *_cells(found, n, FORWARD, (HOST,)),
                    *_cells(found, n, BOTH, (HOST, PYTHON)),
                    _microseconds(found.get((n, FLOOR, BOTH))),
                ]
                for n in sizes
            ]
            title = f"{function}, {dtype}, {threads(count)}: microseconds a call"
            yield Sheet(title, columns, rows, NOTE)

    def draw(self, comparison: Comparison, folder: Path) -> list[Path]:
        from ..study_charts import save_bars

        path = folder / f"{self.name}.png"
        keys, title = ("threads", "n", "dtype", "function"), "time, by that of PyTorch"
        ours = replace(comparison, records=comparison.find(peer=HOST))
        return [save_bars(ours, path, keys, "to_torch", title, (1,))]


def _cells(
    found: Mapping[tuple[int, str, str], Record], n: int, form: str, ways: Sequence[str]
) -> Iterator[Cell | str]:
    yield _microseconds(found.get((n, OTHER, form)))
    for name in ways:
        record = found.get((n, name, form))
        yield _microseconds(record)
        ratio = record.figures.get("to_torch") if record else None
        yield Cell(times(ratio), BAD if ratio is not None and ratio >= 1 else "")


def _microseconds(record: Record | None) -> str:
    if record is None or record.ns_per_element is None:
        return "-"
    return significant(record.ns_per_element * record.n / 1000)
