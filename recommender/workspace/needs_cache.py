"""Needs on disk between commands: plain arrays and Parquet, nothing that could run code when it is read."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from features.documents import MAX_JSON, DocumentError, parse_json, read_bytes, value_of
from features.errors import ReadError
from features.needs.model.teacher_posterior import PosteriorState
from features.needs.needs import Needs
from models.bundles.checked_json import checked_bytes
from models.bundles.durable import temporary_beside
from models.bundles.signing import sha256
from recommender.workspace.atomic import filling
from recommender.workspace.file_backed import arrays_behind_file, frames_behind_file

ARRAYS: Final = (
    "applies",
    "mean",
    "sd",
    "gap_mean",
    "gap_sd",
    "p_need",
    "expected_gap",
    "reliability",
    "weight",
    "measured",
)
CACHED: Final = 8  # folders; a training reads three
STATE_ARRAYS: Final = tuple(PosteriorState.__dataclass_fields__)
FRAMES: Final = ("report", "class_effects", "school_views", "components", "unused")
FILES: Final = ("arrays.npz", "ids.json", *(f"{name}.parquet" for name in FRAMES))
STATE: Final = "state.npz"
DIGESTS: Final = "digests.json"


def write_needs(folder: Path, needs: Needs) -> None:
    """Fill `folder`; a folder of this name that exists already stays as it is."""
    with filling(folder) as temporary:
        np.savez(temporary / "arrays.npz", **{name: getattr(needs, name) for name in ARRAYS})
        if needs.state is not None:
            np.savez(temporary / STATE, **{name: getattr(needs.state, name) for name in STATE_ARRAYS})
        for name in FRAMES:
            getattr(needs, name).to_parquet(temporary / f"{name}.parquet", index=False)
        ids = {
            "as_of": needs.as_of.isoformat(),
            "teacher_ids": list(needs.teacher_ids),
            "competency_ids": list(needs.competency_ids),
        }
        (temporary / "ids.json").write_text(json.dumps(ids, ensure_ascii=False), "utf-8")
        digests = {file.name: sha256(file.read_bytes()) for file in temporary.iterdir()}
        (temporary / DIGESTS).write_bytes(checked_bytes({"files": digests}))


def needs_behind_file(needs: Needs, folder: Path) -> Needs:
    """The same needs in a mapped file without a name, made in `folder`."""
    mapped: dict[str, Any] = arrays_behind_file({name: getattr(needs, name) for name in ARRAYS}, folder)
    mapped |= frames_behind_file({name: getattr(needs, name) for name in FRAMES}, folder)
    return replace(needs, **mapped)


def delete_old(cache: Path, keep: int = CACHED) -> None:
    """Keep the folders that were read last."""
    ages = {}
    for folder in cache.iterdir():
        with suppress(FileNotFoundError):  # another process deleted it
            if folder.is_dir() and not folder.name.startswith("."):
                ages[folder] = folder.stat().st_mtime
    for folder in sorted(ages, key=lambda p: ages[p], reverse=True)[keep:]:
        discard(folder)


def discard(folder: Path) -> None:
    """Deletes a folder; it is renamed first, so that no reader sees half of one."""
    hidden = temporary_beside(folder)
    with suppress(FileNotFoundError):  # another process deleted it
        folder.rename(hidden)
        shutil.rmtree(hidden)


def read_needs(folder: Path) -> Needs:
    """The needs that `write_needs` wrote. Raises ReadError for a damaged folder."""
    try:
        digests = value_of(parse_json(read_bytes(folder / DIGESTS, MAX_JSON)), "files", dict)
        files = {name: (folder / name).read_bytes() for name in FILES}
        changed = [name for name, data in files.items() if sha256(data) != digests.get(name)]
        if changed:
            raise ReadError("workspace.damaged_needs", folder=folder)
        ids = parse_json(files["ids.json"], len(files["ids.json"]))
        with np.load(BytesIO(files["arrays.npz"]), allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in ARRAYS}
        values |= {name: pd.read_parquet(BytesIO(files[f"{name}.parquet"])) for name in FRAMES}
        os.utime(folder)  # read last
        return Needs(
            as_of=date.fromisoformat(ids["as_of"]),
            teacher_ids=tuple(ids["teacher_ids"]),
            competency_ids=tuple(ids["competency_ids"]),
            **values,
        )
    except (OSError, DocumentError) as error:
        raise ReadError("workspace.damaged_needs", folder=folder) from error


def read_state(folder: Path, mapped_in: Path) -> PosteriorState | None:
    """What `write_needs` kept for changes of one teacher's own values, in a mapped file without a name, made in `mapped_in`;
    None where nothing was kept. Raises ReadError for a damaged folder."""
    try:
        digests = value_of(parse_json(read_bytes(folder / DIGESTS, MAX_JSON)), "files", dict)
        if STATE not in digests:
            return None
        data = (folder / STATE).read_bytes()
        if sha256(data) != digests[STATE]:
            raise ReadError("workspace.damaged_needs", folder=folder)
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in STATE_ARRAYS}
    except (OSError, DocumentError, KeyError) as error:
        raise ReadError("workspace.damaged_needs", folder=folder) from error
    numbers = {name: array for name, array in values.items() if array.dtype.kind in "fi"}
    return PosteriorState(**values | arrays_behind_file(numbers, mapped_in))
