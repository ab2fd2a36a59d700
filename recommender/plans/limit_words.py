"""The limits of a plan in words: names instead of keys, values with their unit instead of raw numbers."""

from __future__ import annotations

from typing import Any

from features.messages import LANGS, BilingualText, Message, message
from recommender.planning.problem.constraint_registry import constraint, label
from recommender.text.catalogues import SEPARATORS, has, in_both, render


def limit_name(name: str) -> BilingualText:
    """The name of a limit or of one of its prices; a setting without words is its own key."""
    code = f"planning.setting_{name}"
    if has(code):
        return in_both(message(code))
    try:
        return in_both(message(label(name)))
    except KeyError:
        return BilingualText(name, name)


def unit_name(unit: str) -> BilingualText:
    """The unit of a price in words."""
    code = f"planning.unit_{unit.replace(' ', '_')}"
    return in_both(message(code)) if has(code) else BilingualText(unit, unit)


def limit_text(key: str, value: Any) -> BilingualText:
    """What a limit was set to."""
    return BilingualText(*(_text(key, value, lang) for lang in LANGS))


def _text(key: str, value: Any, lang: Any) -> str:
    if isinstance(value, bool):
        return render(message("plans.yes" if value else "plans.no"), lang)
    if isinstance(value, dict):
        name, share = value.get("name") or value.get("course", ""), value.get("share")
        people = value.get("teachers")
        parts = [str(name), *([_number(key, share)] if share is not None else [])]
        parts += [render(message("planning.people", n=len(people)), lang)] if people else []
        return " ".join(parts)
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, (list, tuple)) for item in value):  # pairs of people and courses: not by name
            return render(message("planning.seats_of_people", n=len(value)), lang)
        return SEPARATORS[lang].join(_text(key, item, lang) for item in value)
    return _number(key, value) if isinstance(value, (int, float)) else str(value)


def _number(key: str, value: float) -> str:
    return f"{100 * value:.4g}%" if _share(key) else f"{value:,.6g}"


def _share(key: str) -> bool:
    try:
        return constraint(key).share
    except KeyError:
        return key.endswith("_share")


def named(limit: str, about: str) -> Message:
    """The name of a limit with the course, school or group it is about."""
    name = message(label(limit))
    return message("planning.about", name=name, about=about) if about else name
