"""Needs on disk between commands: plain arrays and Parquet, nothing that could run code when it is read."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow as pa

from features.documents import DocumentError, read_json
from features.errors import ReadError
from features.needs.needs import Needs
from recommender.workspace.atomic import filling

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
MAX_IDS: Final = 256_000_000  # bytes
CACHED: Final = 8  # folders; a training reads three
FRAMES: Final = ("report", "class_effects", "school_views", "components", "unused")


def write_needs(folder: Path, needs: Needs) -> None:
    """Fill `folder`; a folder of this name that exists already stays as it is."""
    with filling(folder) as temporary:
        np.savez(temporary / "arrays.npz", **{name: getattr(needs, name) for name in ARRAYS})
        for name in FRAMES:
            getattr(needs, name).to_parquet(temporary / f"{name}.parquet", index=False)
        ids = {
            "as_of": needs.as_of.isoformat(),
            "teacher_ids": list(needs.teacher_ids),
            "competency_ids": list(needs.competency_ids),
        }
        (temporary / "ids.json").write_text(json.dumps(ids, ensure_ascii=False), "utf-8")


def delete_old(cache: Path) -> None:
    """Keep the `CACHED` newest folders; the others are renamed first, so that no reader sees half of one."""
    folders = [p for p in cache.iterdir() if p.is_dir() and not p.name.startswith(".")]
    for folder in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True)[CACHED:]:
        hidden = folder.with_name(f".{folder.name}.old")
        folder.rename(hidden)
        shutil.rmtree(hidden)


def read_needs(folder: Path) -> Needs:
    """The needs that `write_needs` wrote. Raises ReadError for a damaged folder."""
    try:
        ids = read_json(folder / "ids.json", MAX_IDS)
        with open(folder / "arrays.npz", "rb") as file, np.load(file, allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in ARRAYS}
        values |= {name: pd.read_parquet(folder / f"{name}.parquet") for name in FRAMES}
        return Needs(
            as_of=date.fromisoformat(ids["as_of"]),
            teacher_ids=tuple(ids["teacher_ids"]),
            competency_ids=tuple(ids["competency_ids"]),
            **values,
        )
    except (DocumentError, OSError, EOFError, ValueError, KeyError, BadZipFile, pa.ArrowException) as error:
        raise ReadError("workspace.damaged_needs", folder=folder) from error
