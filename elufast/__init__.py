"""ELU, SELU, CELU and all their derivatives as NumPy ufuncs."""

from elufast import _docs, _threads, _ufuncs
from elufast._config import get_include, show_config
from elufast._threads import get_num_threads, set_num_threads
from elufast._version import __version__

_threads.configure()

for _row in _ufuncs.ROWS:
    _ufunc = _ufuncs.UFUNCS[_row.name]
    _ufunc.__doc__ = _docs.docstring(_row)
    _ufunc.__signature__ = _docs.signature_of(_row)
    _ufunc.__module__ = __name__
    _ufunc.__qualname__ = _row.name
    globals()[_row.name] = _ufunc
del _row, _ufunc

__all__ = [
    "__version__",
    "get_include",
    "get_num_threads",
    "set_num_threads",
    "show_config",
]
__all__ += list(_ufuncs.UFUNCS)
