"""The checks of `recommender doctor`: Python, packages, disk, keys, tables, model, port."""

from __future__ import annotations

import platform
import shutil
import socket
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from features.errors import RecommenderError
from features.messages import message
from models.bundles.bundle import read_bundle
from recommender.privacy.retention_health import retention_findings
from recommender.settings import Settings
from recommender.workspace.damage import damage_findings
from recommender.workspace.data_health import data_findings
from recommender.workspace.health_finding import HealthFinding
from recommender.workspace.signing_keys import KEYS, is_private, key_file
from recommender.workspace.workspace import Workspace

LEAST_FREE: Final = 1_000_000_000  # bytes
PORT: Final = 8000
DISTRIBUTION: Final = "training-needs-recommender"


def examine(workspace: Workspace, settings: Settings) -> list[HealthFinding]:
    """All checks, in the order in which things have to work."""
    return [
        check_python(str(metadata(DISTRIBUTION)["Requires-Python"]), platform.python_version()),
        check_packages(requires(DISTRIBUTION) or []), _disk(workspace.root),
        *(_key(name, settings) for name in KEYS), *_workspace(workspace, settings), *damage_findings(workspace),
        *retention_findings(workspace, settings),
        _port(),
    ]  # fmt: skip


def check_python(required: str, installed: str) -> HealthFinding:
    """Whether the interpreter's version satisfies `required`, a specifier such as `>=3.11`."""
    if SpecifierSet(required).contains(installed, prereleases=True):
        return HealthFinding("Python", "ok", installed)
    return HealthFinding("Python", "wrong", installed, message("workspace.python_old", required=required))


def check_packages(requirements: list[str]) -> HealthFinding:
    """Whether every requirement that applies here (extras apart) is installed in a version that satisfies it."""
    needed = [r for r in map(Requirement, requirements) if r.marker is None or r.marker.evaluate({"extra": ""})]
    missing, other = [], []
    for requirement in needed:
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(installed, prereleases=True):
            other.append(f"{requirement.name} {installed} ({requirement.specifier})")
    setup = message("workspace.packages_setup")
    if missing:
        names = ", ".join(missing)
        return HealthFinding("packages", "wrong", message("workspace.packages_missing", names=names), setup)
    if other:
        names = ", ".join(other)
        return HealthFinding("packages", "wrong", message("workspace.packages_other", names=names), setup)
    return HealthFinding("packages", "ok", message("workspace.packages_installed", n=len(needed)))


def _disk(root: Path) -> HealthFinding:
    place = next((p for p in (root, *root.resolve().parents) if p.exists()), Path.cwd())
    free = shutil.disk_usage(place).free
    observed = message("workspace.disk_free", gigabytes=free / 1e9)
    if free >= LEAST_FREE:
        return HealthFinding("disk", "ok", observed)
    return HealthFinding("disk", "wrong", observed, message("workspace.disk_full"))


def _key(name: str, settings: Settings) -> HealthFinding:
    check = f"{name} key"
    variable = f"RECOMMENDER_{name.upper()}_KEY"
    if variable in settings.weak_keys():
        remedy = message("workspace.weak_key", variable=variable)
        return HealthFinding(check, "wrong", message("workspace.key_from_settings"), remedy)
    if getattr(settings, f"{name}_key") is not None:
        return HealthFinding(check, "ok", message("workspace.key_from_settings"))
    if settings.production:
        remedy = message("workspace.key_set", variable=variable)
        return HealthFinding(check, "wrong", message("workspace.key_not_set"), remedy)
    path = key_file(name)
    if not path.exists():
        remedy = message("workspace.key_at_first_use")
        return HealthFinding(check, "note", message("workspace.key_none"), remedy)
    if not is_private(path):
        remedy = message("workspace.key_close", path=path)
        return HealthFinding(check, "wrong", message("workspace.key_open"), remedy)
    return HealthFinding(check, "ok", message("workspace.key_local"))


def _workspace(workspace: Workspace, settings: Settings) -> list[HealthFinding]:
    if not workspace.imported:
        observed = message("workspace.tables_none", root=workspace.root)
        return [HealthFinding("tables", "note", observed, message("workspace.tables_import"))]
    try:
        tables, fingerprint = workspace.tables, workspace.fingerprint
        trained_on = workspace.state()["bundles"]
    except RecommenderError as error:
        return [
            HealthFinding("tables", "wrong", error.message, message("workspace.tables_again")),
            *_trained(workspace, settings, {}, None),
        ]
    code = "workspace.tables_simulated" if tables.made_up else "workspace.tables_count"
    observed = message(code, teachers=len(tables["teachers"]), courses=len(tables["courses"]))
    return [
        HealthFinding("tables", "ok", observed), *data_findings(workspace, settings, tables),
        *_trained(workspace, settings, trained_on, fingerprint),
    ]  # fmt: skip


def _trained(
    workspace: Workspace, settings: Settings, trained_on: dict[str, str], fingerprint: str | None
) -> list[HealthFinding]:
    """The version in use, and every other one that is not what was signed."""
    findings = [_model(workspace, settings, trained_on, fingerprint)]
    registry = workspace.registry()
    for name in registry.list():
        try:
            read_bundle(registry.path(name), settings.bundle_key())
        except RecommenderError as error:
            findings.append(HealthFinding(name, "wrong", error.message, message("workspace.model_repair")))
    return findings


def _model(
    workspace: Workspace, settings: Settings, trained_on: dict[str, str], fingerprint: str | None
) -> HealthFinding:
    train = message("workspace.model_train")
    try:
        registry = workspace.registry()
        current = registry.current()
        if current is None:
            return HealthFinding("model", "note", message("workspace.model_none"), train)
        bundle = read_bundle(registry.path(current), settings.bundle_key())
    except RecommenderError as error:
        return HealthFinding("model", "wrong", error.message, message("workspace.model_repair"))
    if fingerprint is not None and trained_on.get(current) != fingerprint:
        return HealthFinding("model", "note", message("workspace.model_other_tables", version=current), train)
    observed = message("workspace.model_ready", version=current, ranked_by=bundle.ranked_by)
    return HealthFinding("model", "ok", observed)


def _port() -> HealthFinding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            remedy = message("workspace.port_other")
            return HealthFinding("port", "note", message("workspace.port_taken", port=PORT), remedy)
    return HealthFinding("port", "ok", message("workspace.port_free", port=PORT))
