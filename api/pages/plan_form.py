"""The planning form: its fields come from the settings of plans, its text becomes limits and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import tomli_w
from pydantic import ValidationError

from api.plan_requests import PlanRequest, refuse
from features.documents import DocumentError, parse_toml
from features.messages import message
from recommender.planning.problem.constraint_registry import form_fields
from recommender.planning.problem.setting import FormField, number_of

BUDGET = "budget"
MAX_MORE: Final = 16_000  # characters
MORE = "more"  # the field for all limits without one of their own, as TOML


def fields() -> tuple[FormField, ...]:
    """The fields of limits, numbers first."""
    return tuple(field for _, field in form_fields())


def names() -> tuple[str, ...]:
    """The names of all fields, in order."""
    return (BUDGET, *(field.name for field in fields()), MORE)


def plan_request(district_id: str, filled: Mapping[str, str]) -> PlanRequest:
    """The question of a filled form. Raises RequestValidationError naming the field."""
    limits: dict[str, Any] = {}
    for setting, field in form_fields():
        if filled[field.name]:
            value = _parsed(field.name, filled[field.name], field.parse)
            if value != []:
                limits[setting.key] = value
    if filled[MORE]:
        if len(filled[MORE]) > MAX_MORE:
            raise refuse(MORE, message("plans.text_too_long", most=MAX_MORE))
        try:
            limits |= parse_toml(filled[MORE])
        except DocumentError as error:
            raise refuse(MORE, message("pages.plan_not_toml", detail=error.message)) from error
    try:
        budget = _parsed(BUDGET, filled[BUDGET], number_of)
        return PlanRequest(district_id=district_id, budget=budget, limits=limits)
    except ValidationError as error:
        raise refuse(BUDGET, message("pages.plan_budget_wrong")) from error


def filled_form(budget: float, limits: Mapping[str, Any]) -> dict[str, str]:
    """The form as it would be filled to ask this question."""
    filled = {name: "" for name in names()} | {BUDGET: f"{budget:.0f}"}
    remaining = dict(limits)
    for setting, field in form_fields():
        text = field.fill(remaining[setting.key]) if setting.key in remaining else None
        if text is not None:
            filled[field.name] = text
            del remaining[setting.key]
    filled[MORE] = tomli_w.dumps(remaining).strip()
    return filled


def _parsed(name: str, text: str, parse: Any) -> Any:
    try:
        return parse(text)
    except (ValueError, OverflowError) as error:
        label = next((field.label for field in fields() if field.name == name), "pages.plan_budget")
        raise refuse(name, message("pages.plan_not_number", field=message(label), text=ascii(text[:40]))) from error
