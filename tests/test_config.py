"""show_config() and ``python -m elufast``: complete, and true."""

import importlib.metadata
import json
import platform
import subprocess
import sys
import typing

import numpy as np
import pytest
from test_threads import needs_openmp

import elufast
from elufast import _config, _threads, _ufuncs


@pytest.fixture
def config():
    return elufast.show_config("dict")


def test_dict_has_the_declared_entries_and_types(config):
    declared = typing.get_type_hints(_config.Config)
    assert list(config) == list(declared)
    for key, value in config.items():
        assert isinstance(value, typing.get_origin(declared[key]) or declared[key])
        assert value or key == "openmp_runtimes"


def test_dict_is_json(config):
    assert json.loads(json.dumps(config)) == config


def test_versions(config):
    assert config["version"] == elufast.__version__
    assert config["numpy"] == np.__version__
    assert config["python"] == platform.python_version()
    assert config["numpy_built_against"].startswith("2.")


def test_the_set_in_use_was_built(config):
    assert config["instruction_set"] in config["instruction_sets_built"]


@needs_openmp
def test_threads_follow_set_num_threads(config):
    before = elufast.get_num_threads()
    assert config["threads"] == before
    elufast.set_num_threads(before + 1)
    after = elufast.show_config("dict")
    assert after["threads"] == before + 1
    assert after["threads_from"] == "set_num_threads"


def test_streaming_follows_the_tuning(monkeypatch):
    info = {**_ufuncs.build_info(), "streams": True, "cache": 3 << 20}
    monkeypatch.setattr(_ufuncs, "build_info", lambda: info)
    monkeypatch.setattr(_ufuncs, "get_tuning", lambda: {"stream_bytes": 5 << 19})
    shown = elufast.show_config("dict")["streaming"]
    assert shown == "outputs from 2.5 MiB on (largest cache: 3 MiB)"
    info["streams"] = False
    assert elufast.show_config("dict")["streaming"].startswith("never: ")


@pytest.mark.parametrize("package", ["cupy-cuda12x", "cupy-cuda13x", "cupy"])
def test_the_cupy_that_is_installed_is_named(monkeypatch, package):
    def version(name):
        if name == package:
            return "14.7"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert elufast.show_config("dict")["gpu"] == f"through {package} 14.7"


def test_without_cupy_it_says_what_to_install(monkeypatch):
    def version(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert elufast.show_config("dict")["gpu"] == "needs CuPy: pip install 'elufast[cuda]'"


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("201511", "4.5 (201511)"),
        ("202111", "5.2 (202111)"),
        ("209912", "unknown version (209912)"),
        (None, "not built in: everything runs in the calling thread"),
    ],
)
def test_openmp_version(monkeypatch, date, shown):
    info = {**_ufuncs.build_info(), "openmp": date}
    monkeypatch.setattr(_ufuncs, "build_info", lambda: info)
    assert elufast.show_config("dict")["openmp"] == shown


def test_threads_are_reported_as_they_are_found(monkeypatch):
    monkeypatch.setattr(_threads, "thread_count", lambda: (7, "OMP_NUM_THREADS"))
    config = elufast.show_config("dict")
    assert (config["threads"], config["threads_from"]) == (7, "OMP_NUM_THREADS")


def test_stdout_shows_every_entry(config, capsys):
    assert elufast.show_config() is None
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(config)
    for line, (key, value) in zip(lines, config.items(), strict=True):
        text = (", ".join(value) or "none") if isinstance(value, list) else str(value)
        assert line == f"{_config._LABELS[key]:{line.index(text)}}{text}", key


def test_module_prints_the_same(capsys):
    elufast.show_config()
    expected = capsys.readouterr().out
    # A fresh process has neither this one's thread count nor its libraries.
    volatile = ("threads ", "  number from", "OpenMP runtimes")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "elufast"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    for ours, theirs in zip(expected.splitlines(), done.stdout.splitlines(), strict=True):
        assert ours == theirs or ours.startswith(volatile)


@pytest.mark.parametrize("mode", ["json", "", None, 1])
def test_other_modes_are_an_error(mode):
    with pytest.raises(ValueError, match="mode must be 'stdout' or 'dict', not "):
        elufast.show_config(mode)
