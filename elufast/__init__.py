"""ELU, SELU, CELU and all their derivatives as NumPy ufuncs."""

try:
    from elufast import _docs, _threads, _ufuncs
except ImportError as error:
    # Only where the compiled module is not there at all; a wrong ELUFAST_ISA speaks for itself.
    if error.name != __name__:
        raise
    raise ImportError(
        "this is elufast's source folder, which holds no compiled module: change to another folder "
        "to import the installed package, or install this one with pip install -e ."
    ) from error
from elufast._config import get_include as get_include
from elufast._config import show_config as show_config
from elufast._threads import get_num_threads as get_num_threads
from elufast._threads import set_num_threads as set_num_threads
from elufast._version import __version__ as __version__

_threads.configure()

for _row in _ufuncs.ROWS:
    _ufunc = _ufuncs.UFUNCS[_row.name]
    _ufunc.__doc__ = _docs.docstring(_row)
    _ufunc.__signature__ = _docs.signature_of(_row)
    _ufunc.__module__ = __name__
    _ufunc.__qualname__ = _row.name
    globals()[_row.name] = _ufunc
del _row, _ufunc
