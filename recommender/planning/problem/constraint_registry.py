"""All settings and constraints of a plan. A class in `constraints/` that is decorated with `register` is in it."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from functools import cache
from typing import Any, TypeVar

from recommender.planning.constraints.constraint import Constraint, PriceKind
from recommender.planning.problem.objective import SETTINGS
from recommender.planning.problem.setting import FormField, Setting

S = TypeVar("S", bound=type[Setting[Any]])
_loading = threading.RLock()
_settings: dict[str, Setting[Any]] = {}


def register(setting: S) -> S:
    """Class decorator. Raises ValueError where the key is taken."""
    if setting.key in _settings:
        raise ValueError(f"two settings have the key {setting.key}")
    _settings[setting.key] = setting()
    return setting


def unregister(key: str) -> None:
    """Take a setting out again. Raises KeyError for an unknown key."""
    del _settings[key]


def _load() -> None:
    """Import the modules of `constraints/`, once; of threads that come at the same time, the others wait."""
    with _loading:
        _load_once()


@cache
def _load_once() -> None:
    """The modules register themselves."""
    for setting in SETTINGS:
        register(setting)
    package = importlib.import_module("recommender.planning.constraints")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def registered() -> tuple[Setting[Any], ...]:
    """Everything registered, in order."""
    _load()
    return tuple(sorted(_settings.values(), key=lambda setting: setting.order))


def settings() -> tuple[Setting[Any], ...]:
    """The keys of `limits.toml`, in order."""
    return tuple(s for s in registered() if not isinstance(s, Constraint) or s.in_limits)


def constraints() -> tuple[Constraint[Any], ...]:
    """The constraints, the budget and the seats of courses among them, in order."""
    return tuple(s for s in registered() if isinstance(s, Constraint))


def constraint(name: str) -> Constraint[Any]:
    """By key, or by the name of one of its prices. Raises KeyError."""
    for one in constraints():
        if name == one.key or any(kind.name == name for kind in one.price_kinds):
            return one
    raise KeyError(name)


def price_kind(name: str) -> PriceKind:
    """By the name of the price. Raises KeyError."""
    for one in constraints():
        for kind in one.price_kinds:
            if kind.name == name:
                return kind
    raise KeyError(name)


def label(name: str) -> str:
    """The message code of the name of a constraint or a price. Raises KeyError."""
    one = constraint(name)
    return next((kind.label for kind in one.price_kinds if kind.name == name), one.label)


def form_fields() -> tuple[tuple[Setting[Any], FormField], ...]:
    """The settings that a form asks for, numbers first."""
    fields = [(s, s.form) for s in settings() if s.form is not None]
    return tuple(sorted(fields, key=lambda pair: pair[1].kind == "ids"))
