"""Rows of bytes in one file, compressed each on its own and read by number from a mapping: nothing is loaded.

FOLDER/rows.bin         the rows, one behind the other
FOLDER/index.npy        (n, 3) int64: start, length and digest of each row; length 0 where there is none
FOLDER/dictionary.bin   what rows have in common, for the compression (RFC 1950, preset dictionary)
FOLDER/digests.json     SHA-256 of index and dictionary, which are compared when the file is opened

A row is compared with its digest when it is read, so that opening a file of any size takes a moment.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.documents import MAX_JSON, DocumentError, parse_json, read_bytes, value_of
from features.errors import ReadError
from models.bundles.checked_json import checked_bytes
from models.bundles.signing import sha256
from recommender.workspace.atomic import filling

ROWS: Final = "rows.bin"
INDEX: Final = "index.npy"
DICTIONARY: Final = "dictionary.bin"
DIGESTS: Final = "digests.json"
WINDOW: Final = 32_768  # bytes of a dictionary that the format can use
LEVEL: Final = 6

Block = Sequence[tuple[int, bytes]]
"""(number, row)"""


def write_rows(folder: Path, n: int, blocks: Iterable[Block]) -> None:
    """Fill `folder` with up to `n` rows, block by block; a folder of this name that exists already stays as it is.

    The dictionary is made of the first block that has rows.
    """
    index = np.zeros((n, 3), np.int64)
    dictionary = b""
    with filling(folder) as temporary:
        with (temporary / ROWS).open("wb") as file:
            for block in blocks:
                dictionary = dictionary or b"".join(row for _, row in block)[-WINDOW:]
                for number, row in block:
                    packed = _pack(row, dictionary)
                    index[number] = file.tell(), len(packed), _digest(packed)
                    file.write(packed)
        np.save(temporary / INDEX, index)
        (temporary / DICTIONARY).write_bytes(dictionary)
        digests = {name: sha256((temporary / name).read_bytes()) for name in (INDEX, DICTIONARY)}
        (temporary / DIGESTS).write_bytes(checked_bytes({"files": digests}))


class RowFile:
    """The rows of a folder; safe for many threads. Raises ReadError for a damaged folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            digests = value_of(parse_json(read_bytes(folder / DIGESTS, MAX_JSON)), "files", dict)
            if any(sha256((folder / name).read_bytes()) != digests.get(name) for name in (INDEX, DICTIONARY)):
                raise ReadError("prepared.damaged", folder=folder)
            self._dictionary = (folder / DICTIONARY).read_bytes()
            mapped = np.load(folder / INDEX, mmap_mode="r", allow_pickle=False)
            self._index: NDArray[np.int64] = np.asarray(mapped)  # a plain view of it: five times as quick to read from
            with (folder / ROWS).open("rb") as file:
                empty = not file.seek(0, 2)
                self._rows: mmap.mmap | bytes = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, DocumentError) as error:
            raise ReadError("prepared.damaged", folder=folder) from error

    def __len__(self) -> int:
        return len(self._index)

    def read(self, number: int) -> bytes | None:
        """One row; None where there is none. Raises ReadError for a row that is not what was written."""
        start, length, digest = self._index[number].tolist()
        if not length:
            return None
        packed = self._rows[start : start + length]
        if _digest(packed) != digest:
            raise ReadError("prepared.damaged", folder=self._folder)
        unpacking = zlib.decompressobj(zdict=self._dictionary)
        return unpacking.decompress(packed) + unpacking.flush()


def _pack(row: bytes, dictionary: bytes) -> bytes:
    packing = zlib.compressobj(LEVEL, zdict=dictionary)
    return packing.compress(row) + packing.flush()


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little", signed=True)
