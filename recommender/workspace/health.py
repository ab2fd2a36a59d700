"""What a person would check by hand when something does not work."""

from __future__ import annotations

import platform
import shutil
import socket
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final, Literal, NamedTuple

from features.errors import RecommenderError
from models.bundles.bundle import read_bundle
from recommender.settings import Settings
from recommender.workspace.signing_keys import KEYS, is_private, key_file
from recommender.workspace.workspace import Workspace

OLDEST: Final = (3, 11)
LEAST_FREE: Final = 1_000_000_000  # bytes
PORT: Final = 8000
DISTRIBUTION: Final = "training-needs-recommender"


class HealthFinding(NamedTuple):
    """One check: what was looked at, how it stands, what was found, what to do next (empty when nothing)."""

    check: str
    state: Literal["ok", "note", "wrong"]
    found: str
    next: str = ""


def examine(workspace: Workspace, settings: Settings) -> list[HealthFinding]:
    """All checks, in the order in which things have to work."""
    return [
        _python(), _packages(), _disk(workspace.root), *(_key(name, settings) for name in KEYS),
        *_workspace(workspace, settings), _port(),
    ]  # fmt: skip


def _python() -> HealthFinding:
    good = sys.version_info >= OLDEST
    return HealthFinding(
        "Python",
        "ok" if good else "wrong",
        platform.python_version(),
        "" if good else "install Python 3.11 or newer",
    )


def _packages() -> HealthFinding:
    named = [line.split(";")[0] for line in requires(DISTRIBUTION) or [] if "extra ==" not in line]
    names = [line.strip().split(">")[0].split("=")[0].split("<")[0].strip() for line in named]
    missing = []
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return HealthFinding("packages", "wrong", f"missing: {', '.join(missing)}", "run `make setup`")
    return HealthFinding("packages", "ok", f"{len(names)} installed")


def _disk(root: Path) -> HealthFinding:
    place = next((p for p in (root, *root.resolve().parents) if p.exists()), Path.cwd())
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free"
    return (
        HealthFinding("disk", "ok", found)
        if free >= LEAST_FREE
        else HealthFinding("disk", "wrong", found, "free at least 1 GB")
    )


def _key(name: str, settings: Settings) -> HealthFinding:
    check = f"{name} key"
    if getattr(settings, f"{name}_key") is not None:
        return HealthFinding(check, "ok", "from the settings")
    if settings.production:
        return HealthFinding(check, "wrong", "not set", f"set RECOMMENDER_{name.upper()}_KEY")
    path = key_file(name)
    if not path.exists():
        return HealthFinding(check, "note", "none yet", "made at first use")
    if not is_private(path):
        return HealthFinding(check, "wrong", "others may read it", f"run `chmod 600 {path}`")
    return HealthFinding(check, "ok", "local, mode 0600")


def _workspace(workspace: Workspace, settings: Settings) -> list[HealthFinding]:
    if not workspace.imported:
        return [HealthFinding("tables", "note", f"none in {workspace.root}", "run `recommender data import PATH`")]
    try:
        tables, fingerprint = workspace.tables, workspace.fingerprint
        found = f"{len(tables['teachers'])} teachers, {len(tables['courses'])} courses"
        findings = [HealthFinding("tables", "ok", found + (", simulated" if tables.made_up else ""))]
        trained_on = workspace.state()["bundles"]
    except RecommenderError as wrong:
        return [HealthFinding("tables", "wrong", str(wrong), "import again")]
    try:
        shelf = workspace.shelf()
        current = shelf.current()
        if current is None:
            return [*findings, HealthFinding("model", "note", "none yet", "run `recommender train`")]
        bundle = read_bundle(shelf.path(current), settings.bundle_key())
    except RecommenderError as wrong:
        return [
            *findings,
            HealthFinding("model", "wrong", str(wrong), "run `recommender train` or `models promote`"),
        ]
    if trained_on.get(current) != fingerprint:
        return [
            *findings,
            HealthFinding("model", "note", f"{current} was trained on other tables", "run `recommender train`"),
        ]
    return [*findings, HealthFinding("model", "ok", f"{current}, ranked by {bundle.ranked_by}")]


def _port() -> HealthFinding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return HealthFinding("port", "note", f"{PORT} is taken", "serve with another --port")
    return HealthFinding("port", "ok", f"{PORT} is free")
