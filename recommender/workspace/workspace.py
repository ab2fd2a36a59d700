"""One directory with everything of a city: tables, models, scores, and what was computed from what.

WORKSPACE/tables/        the tables of the last accepted import
WORKSPACE/cache/needs/   needs, a folder for each combination of tables, date and code
WORKSPACE/cache/lists/   lists of all teachers, a folder for each combination of what they depend on
WORKSPACE/bundles/       trained versions and which one is promoted
WORKSPACE/scores/        exported files, with origin.json
WORKSPACE/state.json     from which tables each bundle and score file was made
WORKSPACE/left-out.json  rows and estimates that upheld objections leave out, since the last diagnosis
"""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cache, cached_property
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from features.documents import DocumentError, read_json, value_of
from features.errors import ReadError, RecommenderError
from features.messages import message
from features.tables import Tables
from models.bundles.checked_json import LOG, read_checked, set_aside, write_checked
from models.bundles.registry import Registry
from recommender.workspace.atomic import locked
from recommender.workspace.file_backed import frames_behind_file
from recommender.workspace.left_out import LeftOut, read_left_out, without_rows, write_left_out
from recommender.workspace.tidying import NOTHING_TO_TIDY
from recommender.workspace.versions import NOTICE, current_version, origin_of, read_version, version_of

STATE: Final = "state.json"


class Workspace:
    """The directory at `root`; everything is read when first needed, tables only once."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.tidied = NOTHING_TO_TIDY

    def __repr__(self) -> str:
        return "\n".join([f"Workspace({str(self.root)!r})", *(f"  {k:10}{v}" for k, v in self._facts().items())])

    def _repr_html_(self) -> str:
        facts = pd.DataFrame(self._facts().items()).to_html(index=False, header=False)
        return f"<p>Workspace {escape(str(self.root))}</p>{facts}"

    def _facts(self) -> dict[str, str]:
        if not self.imported:
            return {"tables": "none"}
        try:
            tables, current = self.tables, self.registry().current()
            rows = [f"{len(tables[name])} {name}" for name in ("organizations", "teachers", "courses", "enrolments")]
            mark = ", simulated" if tables.made_up else ""
            versions = f"{len(self.registry().list())}, promoted: {current or 'none'}"
            newest = tables.latest_evidence()
        except RecommenderError as error:
            return {"damaged": str(error)}
        return {"tables": ", ".join(rows) + mark, "newest": str(newest or "no evidence"), "versions": versions}

    @property
    def scores(self) -> Path:
        """Default directory of exported files."""
        return self.root / "scores"

    @property
    def bundles(self) -> Path:
        """Directory of trained versions."""
        return self.root / "bundles"

    @cached_property
    def tables(self) -> Tables:
        """The imported tables without what is left out: all that counts. Raises UsageError where nothing was imported yet."""
        return without_rows(self.stored_tables, self.left_out.rows)

    @cached_property
    def stored_tables(self) -> Tables:
        """The imported tables, all rows. Raises UsageError where nothing was imported yet."""
        return read_version(self._version)

    @cached_property
    def left_out(self) -> LeftOut:
        """What upheld objections leave out since the last diagnosis. Raises ReadError for a damaged file."""
        return read_left_out(self.root)

    def leave_out(self, left_out: LeftOut) -> None:
        """Records what does not count from now on, where that is something else, and reads the tables accordingly."""
        try:
            if self.left_out == left_out:
                return
        except ReadError:  # written anew
            pass
        with locked(self.root):
            write_left_out(self.root, left_out)
        for name in ("tables", "fingerprint", "left_out"):
            self.__dict__.pop(name, None)

    def put_behind_file(self) -> None:
        """From now on the tables of this object lie in a mapped file without a name instead of in memory."""
        counted, stored = self.tables, self.stored_tables
        frames = frames_behind_file(counted.frames, self.mapped)
        others = {name: frame for name, frame in stored.items() if frame is not counted[name]}
        self.tables = Tables(frames, counted.made_up)
        if others:
            frames = {**frames, **frames_behind_file(others, self.mapped)}
        self.stored_tables = Tables(frames, stored.made_up)

    @property
    def mapped(self) -> Path:
        """Where mapped files are made; none stays there."""
        return self.root / "cache" / "mapped"

    @property
    def imported(self) -> bool:
        """Whether tables were imported."""
        return version_of(self.root) is not None

    @cached_property
    def _version(self) -> Path:
        """The version that this object reads, even if another process imports meanwhile."""
        return current_version(self.root)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content of the tables; of what is left out, too, where anything is."""
        stored, left_out = str(origin_of(self._version)["fingerprint"]), self.left_out.digest()
        return hashlib.sha256(f"{stored}|{left_out}".encode()).hexdigest() if left_out else stored

    def registry(self, key: bytes | None = None) -> Registry:
        """The trained versions; with `key` only trusted ones can be promoted."""
        return Registry(self.bundles, key)

    def needs_folder(self, fingerprint: str, as_of: date) -> Path:
        """Cache folder of the needs of these tables at this date, computed by this version of the code."""
        key = f"{fingerprint}|{as_of}|{code_fingerprint('features')}"
        return self.root / "cache" / "needs" / f"{as_of}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    def origin(self, **more: Any) -> dict[str, Any]:
        """Content of `origin.json`, beside every file made from these tables; marks simulated ones."""
        origin: dict[str, Any] = {"made_up": self.tables.made_up, "tables": self.fingerprint}
        if self.tables.made_up:
            origin["notice"] = NOTICE
        return origin | more

    def state(self) -> dict[str, Any]:
        """What was computed from what: {"scores": {name: made from}, "bundles": {version: tables},
        "decided": {"tables": those for which a person last chose the promoted version}}.

        A damaged file is restored from its copy; where that is damaged too, it is kept aside and nothing is known.
        """
        path = self.root / STATE
        nothing: dict[str, Any] = {"scores": {}, "bundles": {}, "decided": {}}
        try:
            state = nothing | (read_checked(path) or {})
            for section in nothing:
                value_of(state, section, dict)
        except DocumentError:
            LOG.warning("%s", message("workspace.damaged_state", path=path, aside=set_aside(path).name))
            return nothing
        return state

    def note(self, section: str, name: str, made_from: Any) -> None:
        """Record from what `name` was made; notes of other processes are kept."""
        with locked(self.root):
            state = self.state()
            state[section][name] = made_from
            write_checked(self.root / STATE, state)

    def clear_foreign_scores(self) -> None:
        """Delete exported files of simulated tables once the tables are real, or the reverse: one origin.json
        holds for all files beside it."""
        path = self.scores / "origin.json"
        try:
            simulated = value_of(read_json(path), "made_up", bool)
        except DocumentError:
            return
        if simulated != self.tables.made_up:
            for file in self.scores.iterdir():
                if file.is_file():
                    file.unlink()
            for name in self.state()["scores"]:
                self.note("scores", name, None)

    def decide(self) -> None:
        """Record that a person chose the promoted version for these tables; it is not replaced by itself."""
        self.note("decided", "tables", self.fingerprint)

    def keep_choice(self) -> None:
        """`decide` where there are tables."""
        if self.imported:
            self.decide()

    def undecide(self) -> None:
        """Delete that record: another version was promoted."""
        self.note("decided", "tables", None)

    def made_from(self, as_of: date, **more: Any) -> dict[str, Any]:
        """Everything an exported file depends on; the file is up to date while this is equal."""
        return {
            "tables": self.fingerprint,
            "as_of": as_of.isoformat(),
            "code": code_fingerprint("features", "models", "recommender"),
        } | more


@cache
def code_fingerprint(*packages: str) -> str:
    """Hash of the Python files and sentences of these packages: results of another version of them are stale."""
    digest = hashlib.sha256()
    for package in packages:
        for name, text in sorted(_sources(files(package), package)):
            digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:16]


def _sources(folder: Traversable, name: str) -> list[tuple[str, str]]:
    sources: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            sources += _sources(entry, path)
        elif entry.name.endswith((".py", ".toml")):
            sources.append((path, entry.read_text("utf-8")))
    return sources
