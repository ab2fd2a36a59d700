"""The registry of a workspace, read for pages: verified descriptions of versions, and the report on the diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from features.documents import MAX_JSON, DocumentError, MissingDocumentError, parse_json, read_bytes
from features.errors import ReadError, UnknownIdError, UntrustedBundleError, UsageError
from features.messages import Message
from models.bundles.bundle import describe_bundle
from models.bundles.registry import Registry
from recommender.records.record_store import RecordStore
from recommender.registry.model_changes import ModelChanges
from recommender.registry.version_summary import VersionSummary, summary_of

DIAGNOSIS: Final = "diagnosis.json"


@dataclass(frozen=True)
class VersionEntry:
    """One version of the list: its summary, or why it cannot be trusted."""

    version: str
    summary: VersionSummary | None
    damage: Message | str | None = None


class ModelVersions:
    """Versions of one workspace. bundles: their directory. scores: where the diagnosis report is. key: signs bundles.
    decided: see `ModelChanges`."""

    def __init__(
        self, bundles: Path, scores: Path, key: Callable[[], bytes], decided: Callable[[], None] = lambda: None
    ) -> None:
        self._registry = Registry(bundles)
        self._scores = scores
        self._key = key
        self._decided = decided

    def changes(self, store: RecordStore) -> ModelChanges:
        """Proposals and decisions about these versions."""
        return ModelChanges(store, lambda: Registry(self._registry.directory, self._key()), self._decided)

    def list(self) -> tuple[str, ...]:
        """All versions, oldest as-of first."""
        return self._registry.list()

    def current(self) -> str | None:
        """The promoted one."""
        return self._registry.current()

    def history(self) -> tuple[str, ...]:
        """All promotions that were not taken back, oldest first."""
        return self._registry.history()

    def entries(self) -> tuple[VersionEntry, ...]:
        """Newest as-of first; a damaged version is named with its damage."""
        return tuple(self._entry(version) for version in reversed(self.list()))

    def describe(self, version: str) -> tuple[VersionSummary, str]:
        """Summary and card. Raises UnknownIdError for no such version, ReadError for one that was changed on disk."""
        if version not in self.list():
            raise UnknownIdError("models.unknown_version", version=version)
        path = self._registry.path(version)
        try:
            stamp = (path / "manifest.json").stat().st_mtime_ns
            return _described(path, stamp, self._key())
        except (UntrustedBundleError, OSError) as error:
            raise ReadError("registry.damaged", version=version) from error

    def diagnosis(self) -> dict[str, Any] | None:
        """Content of the newest report on the diagnosis; None where there is none. Raises ReadError for a damaged one."""
        try:
            return parse_json(read_bytes(self._scores / DIAGNOSIS, MAX_JSON))
        except MissingDocumentError:
            return None
        except DocumentError as error:
            raise ReadError("registry.damaged_report") from error

    def _entry(self, version: str) -> VersionEntry:
        try:
            return VersionEntry(version, self.describe(version)[0])
        except (ReadError, UsageError) as error:
            return VersionEntry(version, None, error.message)


@lru_cache(maxsize=64)
def _described(path: Path, stamp: int, key: bytes) -> tuple[VersionSummary, str]:
    """A bundle is never changed once written; stamp: of its manifest, which is replaced when it was damaged."""
    manifest, card = describe_bundle(path, key)
    return summary_of(manifest), card
