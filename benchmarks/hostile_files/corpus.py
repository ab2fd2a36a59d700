"""Every hostile file as a command line of `data check`: small on disk, made when its turn comes."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.hostile_files.documents import mappings, origins
from benchmarks.hostile_files.parquet_files import parquet_files
from benchmarks.hostile_files.text_files import SOUND, csv_files, gzip_files
from benchmarks.hostile_files.workbooks import workbook, workbooks


class Case(NamedTuple):
    """`make` fills an empty directory and returns the arguments of `data check`."""

    name: str
    make: Callable[[Path], list[str]]


def corpus() -> Iterator[Case]:
    """All of them."""
    for suffix, contents in (
        ("csv", csv_files()), ("csv.gz", gzip_files()), ("xlsx", workbooks()), ("parquet", parquet_files()),
    ):  # fmt: skip
        for name, content in contents:
            yield Case(
                name, lambda folder, content=content, suffix=suffix: _file(folder, f"teachers.{suffix}", content())
            )  # type: ignore[misc]
    for name, data in mappings():
        yield Case(name, lambda folder, data=data: _mapping(folder, data))  # type: ignore[misc]
    for name, data in origins():
        yield Case(name, lambda folder, data=data: _origin(folder, data))  # type: ignore[misc]
    for name, make in PATHS.items():
        yield Case(name, make)


def _file(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / name).write_bytes(data)
    return [str(folder / name)]


def _mapping(folder: Path, data: bytes) -> list[str]:
    (folder / "people.csv").write_bytes(SOUND)
    (folder / "m.toml").write_bytes(data)
    return [str(folder / "people.csv"), "--mapping", str(folder / "m.toml")]


def _origin(folder: Path, data: bytes) -> list[str]:
    (folder / "teachers.csv").write_bytes(SOUND)
    (folder / "origin.json").write_bytes(data)
    return [str(folder)]


def _fifo(folder: Path, name: str, inside: bool) -> list[str]:
    os.mkfifo(folder / name)
    return [str(folder if inside else folder / name)]


def _socket(folder: Path) -> list[str]:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "teachers.csv"))
    return [str(folder / "teachers.csv")]


def _link(folder: Path, name: str, target: str) -> list[str]:
    (folder / name).symlink_to(target)
    return [str(folder / name)]


def _directory(folder: Path, name: str) -> list[str]:
    (folder / name).mkdir()
    return [str(folder)]


def _pipe_as_mapping(folder: Path) -> list[str]:
    os.mkfifo(folder / "m.toml")
    (folder / "people.csv").write_bytes(SOUND)
    return [str(folder / "people.csv"), "--mapping", str(folder / "m.toml")]


def _pipe_as_origin(folder: Path) -> list[str]:
    os.mkfifo(folder / "origin.json")
    return _file(folder, "teachers.csv", SOUND)


def _named(folder: Path, name: bytes) -> list[str]:
    path = os.fsencode(folder) + b"/" + name
    Path(os.fsdecode(path)).write_bytes(SOUND)
    return [os.fsdecode(path)]


PATHS: dict[str, Callable[[Path], list[str]]] = {
    "a pipe": lambda folder: _fifo(folder, "teachers.csv", False),
    "a pipe as a workbook": lambda folder: _fifo(folder, "teachers.xlsx", False),
    "a pipe as gzip": lambda folder: _fifo(folder, "teachers.csv.gz", False),
    "a pipe as Parquet": lambda folder: _fifo(folder, "teachers.parquet", False),
    "a pipe in a directory": lambda folder: _fifo(folder, "teachers.csv", True),
    "a pipe without a table's name": lambda folder: _fifo(folder, "x.xlsx", True),
    "a pipe as a mapping": _pipe_as_mapping,
    "a pipe as origin.json": _pipe_as_origin,
    "a socket": _socket,
    "a link to an endless device": lambda folder: _link(folder, "teachers.csv", "/dev/zero"),
    "a link to random bytes": lambda folder: _link(folder, "teachers.xlsx", "/dev/urandom"),
    "a link to itself": lambda folder: _link(folder, "teachers.csv", "teachers.csv"),
    "a link to nothing": lambda folder: _link(folder, "teachers.parquet", "none"),
    "a link to its directory": lambda folder: _link(folder, "teachers.csv", "."),
    "a directory as a table": lambda folder: _directory(folder, "teachers.csv"),
    "a directory as a workbook": lambda folder: _directory(folder, "teachers.xlsx"),
    "no such path": lambda folder: [str(folder / "teachers.csv")],
    "a name of 300 characters": lambda folder: [str(folder / ("x" * 300 + ".csv"))],
    "a path of 10,000 characters": lambda folder: [str(folder) + "/x" * 5000 + ".csv"],
    "a name with a line end": lambda folder: _named(folder, b"a\nb.csv"),
    "a name that is no text": lambda folder: _named(folder, b"\xff\xfe.csv"),
    "a name with terminal codes": lambda folder: _named(folder, b"\x1b[2J.csv"),
    "a name turned round": lambda folder: _named(folder, "\u202evsc.srehcaet.csv".encode()),
    "a workbook as CSV": lambda folder: _file(folder, "teachers.csv", workbook()),
    "a workbook as Parquet": lambda folder: _file(folder, "teachers.parquet", workbook()),
    "CSV as gzip": lambda folder: _file(folder, "teachers.csv.gz", SOUND),
}
