"""What compare.py can measure: the overview and the studies, one module each.

A study plans cases, measures them, and shows the records as tables and a chart. The terminal's
and the chart's packages are imported only when something is shown.
"""

from __future__ import annotations

from ..results import Comparison
from .base import Study
from .fresh import Fresh
from .layouts import Layouts
from .overview import Overview
from .products import Products
from .small import Small
from .sweep import Sweep
from .tail import Tail
from .threads import Threads
from .torch import Torch

OVERVIEW = Overview()
STUDIES: dict[str, Study] = {
    study.name: study
    for study in (Sweep(), Threads(), Layouts(), Tail(), Products(), Small(), Fresh(), Torch())
}


def study_of(comparison: Comparison) -> Study:
    """Return the study that made the results."""
    return STUDIES.get(comparison.settings.get("study", ""), OVERVIEW)
