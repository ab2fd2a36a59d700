"""One person leaves a workspace: tables in all versions, records, plans, estimates, caches; models where that is wanted.

Each step can be done again. Whoever is killed leaves some of them undone, and the same command finishes.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from features.documents import read_json
from recommender.plans.run_plan import PLANS
from recommender.privacy.plan_erasure import erase_plans
from recommender.privacy.record_erasure import count_records, erase_records
from recommender.privacy.table_erasure import person_rows, without_person
from recommender.privacy.traces import occurrences, traces
from recommender.privacy.version_rewriting import rewrite_versions
from recommender.records.audit_lines import record_command
from recommender.records.deletion_records import compact, record_deletion
from recommender.records.record_store import Author, RecordStore
from recommender.settings import Settings
from recommender.sign_in.service_tokens import FOLDER as SIGN_IN
from recommender.training import run_train
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.atomic import locked, write_json
from recommender.workspace.workspace import Workspace

DERIVED: Final = ("cache/needs", "cache/lists", "scores")
SIMULATED: Final = "simulated"
TOKENS: Final = "service-tokens.json"


@dataclass(frozen=True)
class PersonTraces:
    """Where a person stands: rows by table of the version in place and of the records, and how often her id stands in each file
    of the workspace, other versions among them."""

    tables: dict[str, int]
    records: dict[str, int]
    files: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.tables or self.records or self.files)


@dataclass(frozen=True)
class Erased:
    """What was done: rows that left the tables in place, versions written anew, rows of the records, plans changed and deleted;
    models: versions that were estimated with her data and are kept. left: files in which her id still stands."""

    tables: dict[str, int]
    versions: int
    records: dict[str, int]
    plans: tuple[int, int]
    models: tuple[str, ...]
    left: dict[str, int]


def find_person(workspace: Workspace, store: RecordStore, teacher_id: str) -> PersonTraces:
    """Nothing is changed. Raises ReadError, UnavailableError."""
    tables = person_rows(workspace.stored_tables, teacher_id) if workspace.imported else {}
    return PersonTraces(tables, count_records(store, teacher_id), traces(workspace.root, teacher_id))


def erase_person(
    workspace: Workspace, store: RecordStore, settings: Settings, teacher_id: str, author: Author, retrain: bool = False
) -> Erased:
    """Erases her. retrain: a new version is trained on what is left, and all earlier ones are deleted.

    Raises ReadError for a damaged version in place, UnavailableError, and OSError where files cannot be written.
    """
    root, pseudonym = workspace.root, f"erased-{secrets.token_hex(6)}"
    if not find_person(workspace, store, teacher_id):
        compact(store)  # an earlier run may have died before that
        return Erased({}, 0, {}, (0, 0), (), {})
    record_command(store, author.subject, "recommender erase", "none", "", "person erased")
    files = _delete_derived(workspace, teacher_id)  # first: afterwards nothing would tell that they are about her, too
    plans = erase_plans(root / PLANS, store, teacher_id)
    _end_service_tokens(root, teacher_id)
    versions = rewrite_versions(root, lambda tables: without_person(tables, teacher_id, pseudonym))
    records = erase_records(store, teacher_id, pseudonym, author)
    left = Workspace(root)
    removed = _removed(workspace, left) if workspace.imported else {}
    with store.writing() as connection:
        for name, n in removed.items():
            record_deletion(connection, author, store.now(), "erasure", f"tables/{name}", n)
        record_deletion(connection, author, store.now(), "erasure", "plans/", sum(plans))
        record_deletion(connection, author, store.now(), "erasure", "files", files)
    compact(store)
    if retrain:
        _only_new_models(left, settings)
    models = () if retrain else tuple(left.registry().list())
    return Erased(removed, versions, records, plans, models, traces(root, teacher_id))


def _removed(before: Workspace, after: Workspace) -> dict[str, int]:
    """Rows that are gone, by table."""
    gone = {name: len(frame) - len(after.tables[name]) for name, frame in before.tables.items()}
    return {name: n for name, n in gone.items() if n}


def _delete_derived(workspace: Workspace, teacher_id: str) -> int:
    """Cached needs, prepared lists and files of `scores/`, all of them: those about classes and schools rest on her, too. They
    are made again from what is left. A simulated city's own files where they name her. The number of files and folders."""
    n = 0
    for name in DERIVED:
        folder = workspace.root / name
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            n += 1
    for name, made_from in workspace.state()["scores"].items():
        if made_from is not None:
            workspace.note("scores", name, None)
    n += UploadStore(workspace.root).clear()  # a file that waits to be imported would bring her back
    simulated = workspace.root / SIMULATED
    if simulated.is_dir() and traces(simulated, teacher_id):
        shutil.rmtree(simulated)
        n += 1
    return n


def _end_service_tokens(root: Path, teacher_id: str) -> None:
    path = root / SIGN_IN / TOKENS
    if not path.is_file() or not occurrences(path, teacher_id):
        return
    with locked(path.parent):
        content = read_json(path)
        kept = [token for token in content.get("tokens", []) if teacher_id not in (token.get("subject"), token.get("name"))]
        write_json(path, {**content, "tokens": kept})


def _only_new_models(workspace: Workspace, settings: Settings) -> None:
    """Trains and promotes a version, and deletes all others."""
    new = run_train(workspace, settings).version
    for version in workspace.registry().list():
        if version != new:
            shutil.rmtree(workspace.bundles / version)
