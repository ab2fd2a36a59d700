"""The limits of a plan beside its budget: `limits.toml`, or the same keys as JSON.

Assembled from the registry of settings. A missing key means no limit; an unknown key, a wrong value or an unknown id is
an error that names the key and what it accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, model_validator

from features.documents import DocumentError, UnparsedDocumentError, read_toml
from features.errors import ReadError, UnknownIdError, UsageError
from recommender.planning.problem.constraint_registry import settings
from recommender.planning.problem.setting import Reference, UnitKind

UNKNOWN: Final[Mapping[UnitKind, str]] = {
    "course": "planning.unknown_course",
    "teacher": "planning.unknown_teacher",
    "school": "planning.unknown_school",
}


class Limits(BaseModel):
    """One attribute a registered setting, by its key. Raises UsageError naming the key and what it accepts."""

    model_config = ConfigDict(frozen=True, extra="allow")

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @model_validator(mode="before")
    @classmethod
    def _validated(cls, content: dict[str, Any]) -> dict[str, Any]:
        known = {setting.key: setting for setting in settings()}
        if unknown := sorted(set(content) - set(known)):
            raise UsageError("planning.unknown_key", key=repr(unknown[0]), known=sorted(known))
        values = {key: content.get(key) for key in known}
        return {k: s.default if values[k] is None else s.validate(values[k]) for k, s in known.items()}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Limits:
        """From keys and values as a file or a request holds them: there is no null."""
        for setting in settings():
            if setting.key in content and content[setting.key] is None:
                setting.validate(None)
        return cls(**content)

    @classmethod
    def read(cls, path: Path) -> Limits:
        """From a TOML file. Raises ReadError for a file that cannot be read, UsageError for its content."""
        try:
            content = read_toml(path)
        except UnparsedDocumentError as error:
            raise ReadError("planning.limits_unreadable", path=str(path), detail=error.message) from error
        except DocumentError as error:
            raise UsageError("planning.limits_not_toml", path=str(path), detail=error.message) from error
        return cls.of(content)

    def replace(self, **changes: Any) -> Limits:
        """The same limits with other values of some keys."""
        return Limits(**{setting.key: getattr(self, setting.key) for setting in settings()} | changes)

    def as_json(self) -> dict[str, Any]:
        """The keys that differ from their defaults, as they would be written."""
        values = {setting: getattr(self, setting.key) for setting in settings()}
        return {s.key: s.dump(value) for s, value in values.items() if value != s.default}

    def references(self) -> Iterator[Reference]:
        """All ids that the limits name: courses, then teachers, then schools."""
        named = [reference for s in settings() for reference in s.references(getattr(self, s.key))]
        for kind in UNKNOWN:
            yield from (reference for reference in named if reference.kind == kind)

    def check(self, teachers: set[str], courses: set[str], schools: set[str]) -> None:
        """Raises UnknownIdError for the first id that is not of this district or its catalogue."""
        known = {"teacher": teachers, "course": courses, "school": schools}
        for reference in self.references():
            if reference.unit_id not in known[reference.kind]:
                raise unknown_id(reference)


def unknown_id(reference: Reference) -> UnknownIdError:
    """The error for an id of the limits that nobody has."""
    return UnknownIdError(UNKNOWN[reference.kind], unit_id=repr(reference.unit_id))
