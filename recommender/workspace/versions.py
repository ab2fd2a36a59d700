"""Versions of the tables of a workspace: folders that are never changed once written, and a link to the one in place.

WORKSPACE/tables                        a symbolic link to one of them
WORKSPACE/.tables/<fingerprint>/        a Parquet file a table, and origin.json with the SHA-256 of each

Every file is compared with its digest when it is read; the bytes parsed are the bytes compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.documents import DocumentError, value_of
from features.errors import ReadError, UsageError
from features.messages import message
from features.schema import TABLES
from features.tables import Tables, empty_frame, typed_frame
from models.bundles.checked_json import checked_bytes, copy_of, read_checked
from models.bundles.durable import write_bytes
from recommender.text import in_both
from recommender.workspace.atomic import filling

LINK: Final = "tables"
VERSIONS: Final = ".tables"
COPIED: Final = "copied"
ORIGIN: Final = "origin.json"
NOTICE: Final = " / ".join(in_both(message("workspace.simulated_notice")))


class StoredVersion(NamedTuple):
    """What can be read of a version. damaged: file names of the tables that are not what was written."""

    frames: dict[str, pd.DataFrame]
    simulated: bool
    damaged: tuple[str, ...]


def load_tables(root: Path) -> Tables:
    """The tables of a workspace. Raises UsageError where there are none, ReadError where they are damaged."""
    return read_version(current_version(root))


def read_version(folder: Path) -> Tables:
    """The tables of one version. Raises ReadError, which names every damaged file."""
    version = read_intact(folder)
    if version.damaged:
        raise ReadError("workspace.damaged_tables", folder=folder, files=", ".join(version.damaged))
    return Tables(version.frames, version.simulated)


def read_intact(folder: Path) -> StoredVersion:
    """The tables of one version that are what was written. Raises ReadError for a damaged origin.json."""
    origin = origin_of(folder)
    digests = origin.get("files")
    frames, damaged = {}, []
    for name in TABLES:
        file = f"{name}.parquet"
        try:
            data = (folder / file).read_bytes()
            if digests is None or digests[file] == hashlib.sha256(data).hexdigest():
                frames[name] = _frame(name, data)
                continue
        except FileNotFoundError:
            if digests is not None and file not in digests:  # a table that the schema got later
                frames[name] = empty_frame(name)
                continue
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            pass  # named below, as a wrong digest is
        damaged.append(file)
    if digests is None and not damaged and not _unchanged(folder, frames, origin):
        damaged = [f"{name}.parquet" for name in TABLES]
    return StoredVersion(frames, bool(origin["made_up"]), tuple(damaged))


def is_intact(folder: Path) -> bool:
    """Whether every file is what was written; nothing is parsed."""
    try:
        digests = origin_of(folder)["files"]
        return all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digests[name] for name in digests)
    except (ReadError, OSError, KeyError, TypeError):
        return False


def origin_of(folder: Path) -> dict[str, Any]:
    """`made_up`, `fingerprint` and `files` of one version. Raises ReadError."""
    try:
        origin = read_checked(folder / ORIGIN) or {}
        value_of(origin, "made_up", bool)
        value_of(origin, "fingerprint", str)
        value_of({"files": {}} | origin, "files", dict)
    except DocumentError as error:
        raise ReadError("workspace.damaged_tables", folder=folder, files=ORIGIN) from error
    return origin


def write_version(root: Path, tables: Tables) -> Path:
    """The folder with these tables, written where there is no intact one. The link is not moved."""
    fingerprint = tables.fingerprint()
    names = [fingerprint[:16], *(f"{fingerprint[:16]}-{i}" for i in range(2, 100))]
    folders = [root / VERSIONS / name for name in names]
    folder = next(folder for folder in folders if not folder.exists() or is_intact(folder))
    if folder.exists():
        return folder
    with filling(folder) as temporary:
        digests = {}
        for name in TABLES:
            file = temporary / f"{name}.parquet"
            table = pa.Table.from_pandas(tables[name], preserve_index=False)
            pq.write_table(table, file, compression="zstd")
            digests[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
        origin = checked_bytes(_origin(tables.made_up, fingerprint, digests))
        for path in (temporary / ORIGIN, copy_of(temporary / ORIGIN)):
            write_bytes(path, origin)
    return folder


def current_version(root: Path) -> Path:
    """Folder of the version in place. Raises UsageError where there is none."""
    folder = version_of(root)
    if folder is None:
        raise UsageError("workspace.no_tables", root=root)
    return folder


def version_of(root: Path) -> Path | None:
    """The folder that the link leads to, resolved once, so that a reader sees one version throughout; None for none."""
    link = root / LINK
    if link.is_symlink():
        return root / VERSIONS / link.readlink().name
    # a workspace that was copied without its links, before and after its folder was moved to the others
    return next((folder for folder in (link, root / VERSIONS / COPIED) if folder.is_dir()), None)


def _origin(simulated: bool, fingerprint: str, files: Mapping[str, str]) -> dict[str, object]:
    origin: dict[str, object] = {"made_up": simulated, "fingerprint": fingerprint, "files": dict(files)}
    return origin | ({"notice": NOTICE} if simulated else {})


def _frame(name: str, data: bytes) -> pd.DataFrame:
    """A table; columns that the schema got after it was written are empty."""
    frame = pd.read_parquet(pa.BufferReader(data))
    expected = empty_frame(name)
    same = list(frame.columns) == list(expected.columns) and (frame.dtypes == expected.dtypes).all()
    return frame if same else typed_frame(name, frame)


def _unchanged(folder: Path, frames: Mapping[str, pd.DataFrame], origin: Mapping[str, Any]) -> bool:
    """Whether tables of an earlier version, which has no digests, are what was written.

    Their fingerprint says so, unless the schema has got columns since.
    """
    written = {name: pq.read_schema(folder / f"{name}.parquet").names for name in TABLES}
    if any(list(frames[name].columns) != columns for name, columns in written.items()):
        return True
    return Tables(frames, bool(origin["made_up"])).fingerprint() == str(origin["fingerprint"])
