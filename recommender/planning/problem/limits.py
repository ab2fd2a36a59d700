"""What a planner may ask for beside the budget: `limits.toml`, or the same keys as JSON.

Absent means no limit. An unknown key, a value of the wrong kind or an id nobody knows is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from features.errors import ReadError, UnknownIdError, UsageError

KAPPA: Final = 0.1
REPEAT: Final = 0.5
FLOOR_KEYS: Final = (
    "name",
    "share",
    "school",
    "stage",
    "subject",
    "location",
    "ladder_step",
    "disadvantage_min",
)
LIST_KEYS: Final = ("name", "course", "teachers", "only")


@dataclass(frozen=True)
class Floor:
    """At least `share` of the teachers of a group get a seat; the group is who meets all that is given."""

    name: str
    share: float
    school: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    ladder_step: tuple[str, ...] = ()
    disadvantage_min: float | None = None


@dataclass(frozen=True)
class NamedList:
    """These teachers get a seat in the course; with `only` nobody else does."""

    name: str
    course: str
    teachers: tuple[str, ...]
    only: bool = False


@dataclass(frozen=True)
class Limits:
    """All limits of a plan beside its budget; None or empty: no limit.

    release_days_per_teacher: a school's pool of days is this times its teachers. uncertainty_discount: what
    is counted is gain - discount x sd. disadvantage_weight: a gain in a school of disadvantage d counts
    1 + weight x d. repeat_worth: a second course for the same need counts this much, a third its square.
    owed_hours_worth: what an hour that she still owes counts beside the gain, teacher-SD.
    """

    max_courses_per_teacher: int | None = None
    max_hours_per_teacher: float | None = None
    release_days_per_teacher: float | None = None
    floor_share_per_school: float | None = None
    must_open: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    forbid_pairs: tuple[tuple[str, str], ...] = ()
    pin: tuple[tuple[str, str], ...] = ()
    lottery_share: float = 0.0
    floor: tuple[Floor, ...] = ()
    list: tuple[NamedList, ...] = ()
    uncertainty_discount: float = KAPPA
    disadvantage_weight: float = 0.0
    repeat_worth: float = REPEAT
    owed_hours_worth: float = 0.0
    keep_refusals: bool = True

    @classmethod
    def read(cls, path: Path) -> Limits:
        """From a TOML file. Raises Unreadable, and WrongUse as `of` does."""
        try:
            content = tomllib.loads(path.read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError) as wrong:
            raise ReadError(f"{path} cannot be read: check the name of the limits file") from wrong
        except tomllib.TOMLDecodeError as wrong:
            raise UsageError(f"{path} is not TOML ({wrong}): correct that line") from wrong
        return cls.of(content)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Limits:
        """From keys and values. Raises WrongUse naming the key and what it takes."""
        unknown = sorted(set(content) - set(READERS))
        if unknown:
            raise UsageError(f"limits: there is no key {unknown[0]!r}; there are {', '.join(sorted(READERS))}")
        given: dict[str, Any] = {}
        for key, value in content.items():
            read = READERS[key](key, value)
            if key == "forbid":
                given["forbid"] = tuple(item for item in read if isinstance(item, str))
                given["forbid_pairs"] = tuple(item for item in read if not isinstance(item, str))
            else:
                given[key] = read
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        """The keys that are set, as they would be written."""
        empty = Limits()
        told: dict[str, Any] = {}
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if value == getattr(empty, name):
                continue
            if name == "forbid_pairs":
                told["forbid"] = [*told.get("forbid", []), *map(list, value)]
            elif name in ("floor", "list"):
                told[name] = [
                    {
                        k: list(v) if isinstance(v, tuple) else v
                        for k, v in vars(item).items()
                        if v not in ((), None)
                    }
                    for item in value
                ]
            else:
                told[name] = [list(v) if isinstance(v, tuple) else v for v in value] if isinstance(
                    value, tuple
                ) else value  # fmt: skip
        return told

    def check(self, teachers: set[str], courses: set[str], schools: set[str]) -> None:
        """Raises UnknownUnit for the first id that is not of this district or its catalogue."""
        for what, known, named in (
            ("course", courses, [*self.must_open, *self.forbid, *(c for _, c in (*self.pin, *self.forbid_pairs)),
                                 *(held.course for held in self.list)]),
            ("teacher of this district", teachers, [*(t for t, _ in (*self.pin, *self.forbid_pairs)),
                                                    *(t for held in self.list for t in held.teachers)]),
            ("school of this district", schools, [s for held in self.floor for s in held.school]),
        ):  # fmt: skip
            for name in named:
                if name not in known:
                    raise UnknownIdError(f"limits: no {what} has the id {name!r}: correct it in the limits")


def _number(least: float, most: float, what: str) -> Callable[[str, Any], float]:
    def read(key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise UsageError(f"limits: {key} = {value!r} cannot be meant: give {what}")
        return float(value)

    return read


def _whole(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(f"limits: {key} = {value!r} cannot be meant: give a whole number, 0 or more")
    return value


def _yes(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"limits: {key} = {value!r} cannot be meant: give true or false")
    return value


def _ids(key: str, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise UsageError(f"limits: {key} cannot be meant: give a list of ids in quotes")
    return tuple(dict.fromkeys(items))


def _pair(key: str, value: Any) -> tuple[str, str]:
    if isinstance(value, dict) and set(value) == {"teacher", "course"}:
        value = [value["teacher"], value["course"]]
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(isinstance(v, str) for v in value):
        raise UsageError(f'limits: {key} takes pairs such as ["teacher id", "course id"]: correct {value!r}')
    return value[0], value[1]


def _pairs(key: str, value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f'limits: {key} takes a list of pairs such as ["teacher id", "course id"]')
    return tuple(dict.fromkeys(_pair(key, item) for item in value))


def _forbidden(key: str, value: Any) -> tuple[str | tuple[str, str], ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)):
        raise UsageError(f"limits: {key} takes course ids, or pairs of a teacher's and a course's id")
    return tuple(item if isinstance(item, str) else _pair(key, item) for item in items)


def _floors(key: str, value: Any) -> tuple[Floor, ...]:
    share = _number(0, 1, "a share from 0 to 1")
    found = []
    for item in _tables(key, value, FLOOR_KEYS, ("share",)):
        words = {name: _ids(name, item[name]) for name in FLOOR_KEYS[2:7] if name in item}
        least = share("disadvantage_min", item["disadvantage_min"]) if "disadvantage_min" in item else None
        if not words and least is None:
            raise UsageError(f"limits: a [[floor]] needs a group: give one of {', '.join(FLOOR_KEYS[2:])}")
        parts = [", ".join(held) for held in words.values()]
        parts += [] if least is None else [f"disadvantage ≥ {least:g}"]
        name = str(item.get("name", "; ".join(parts)))
        found.append(Floor(name, share("share", item["share"]), disadvantage_min=least, **words))
    return tuple(found)


def _lists(key: str, value: Any) -> tuple[NamedList, ...]:
    return tuple(
        NamedList(
            str(item.get("name", item["course"])), _ids("course", item["course"])[0],
            _ids("teachers", item["teachers"]), _yes("only", item.get("only", False)),
        )
        for item in _tables(key, value, LIST_KEYS, ("course", "teachers"))
    )  # fmt: skip


def _tables(key: str, value: Any, known: Sequence[str], needed: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, dict) for item in value):
        raise UsageError(f"limits: write {key} as [[{key}]] with {', '.join(known)}")
    for item in value:
        wrong = sorted(set(item) - set(known)) + [name for name in needed if name not in item]
        if wrong:
            raise UsageError(
                f"limits: [[{key}]] {wrong[0]!r} is unknown or missing; it takes {', '.join(known)}"
            )
    return value


_AMOUNT: Final = _number(0, 1e6, "a number, 0 or more")
_SHARE: Final = _number(0, 1, "a share from 0 to 1")
READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "max_courses_per_teacher": _whole,
    "max_hours_per_teacher": _AMOUNT,
    "release_days_per_teacher": _AMOUNT,
    "floor_share_per_school": _SHARE,
    "must_open": _ids,
    "forbid": _forbidden,
    "pin": _pairs,
    "lottery_share": _number(0, 0.5, "a share from 0 to 0.5"),
    "floor": _floors,
    "list": _lists,
    "uncertainty_discount": _number(0, 3, "a number from 0 to 3"),
    "disadvantage_weight": _number(0, 10, "a number from 0 to 10"),
    "repeat_worth": _SHARE,
    "owed_hours_worth": _number(0, 1, "a number from 0 to 1, in teacher-SD an hour"),
    "keep_refusals": _yes,
}
"""Every key that `limits.toml` may hold."""

__all__ = ["READERS", "Floor", "Limits", "NamedList"]
