"""usage: contents.py WHEEL. Fails unless it holds just what belongs into it, and is small."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 1_775_000
"""Bytes. Loops for three instruction sets and libgomp are most of that."""

PACKAGE = ["elufast/*.py", "elufast/*.pyi", "elufast/*.pxd", "elufast/py.typed"]
PACKAGE += ["elufast/_torch_node.cpp", "elufast/_row_calls.h"]  # compiled by who wants it
HEADERS = ["include/elufast/*.h", "include/elufast/*.inc"]
BUILT = ["elufast/_ufuncs.*.so", "elufast/_ufuncs.*.pyd", "elufast.libs/libgomp.so.1"]
METADATA = [
    "METADATA",
    "RECORD",
    "WHEEL",
    "top_level.txt",
    "licenses/*",
    "sboms/auditwheel.cdx.json",
]


def expected():
    """What git knows of the package, as it lies in a wheel."""
    command = ["git", "ls-files", *PACKAGE, *HEADERS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stdout.split()
    return {f"elufast/{name}" if name.startswith("include/") else name for name in names}


def recorded(archive, name):
    """Names, sizes and hashes that RECORD states."""
    lines = archive.read(name).decode().splitlines()
    return {line.rsplit(",", 2)[0]: line.rsplit(",", 2)[1:] for line in lines}


def is_other(name):
    """Built, or about the distribution."""
    folder, _, rest = name.partition("/")
    if folder.endswith(".dist-info"):
        return any(fnmatch(rest, pattern) for pattern in METADATA)
    return any(fnmatch(name, pattern) for pattern in BUILT)


def problems(path):
    with zipfile.ZipFile(path) as archive:
        names = {info.filename for info in archive.infolist() if not info.is_dir()}
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        entries = recorded(archive, record)
        for name in sorted(names - {record}):
            content = archive.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            if entries.get(name) != [f"sha256={digest.decode()}", str(len(content))]:
                yield f"RECORD is wrong about {name}"
    yield from (f"RECORD has, the wheel not: {name}" for name in sorted(set(entries) - names))
    yield from (f"missing: {name}" for name in sorted(expected() - names))
    others = sorted(names - expected())
    yield from (f"does not belong: {name}" for name in others if not is_other(name))
    if not any(fnmatch(name, BUILT[0]) or fnmatch(name, BUILT[1]) for name in others):
        yield "no compiled module"
    if path.stat().st_size > LARGEST:
        yield f"{path.stat().st_size:,} bytes are more than {LARGEST:,}"


wheel = Path(sys.argv[1])
found = list(problems(wheel))
with zipfile.ZipFile(wheel) as archive:
    installed = sum(info.file_size for info in archive.infolist())
print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, {installed:,} installed")
sys.exit("\n".join(found) or None)
