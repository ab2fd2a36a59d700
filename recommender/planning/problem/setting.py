"""One key of `limits.toml` as a class: its type and range, its default, its field in a form, what it adds to a problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from features.errors import CODE, UsageError
from features.messages import Message, message
from recommender.planning.problem.problem_builder import ProblemBuilder

V = TypeVar("V")
UNBOUNDED: Final = 1e6  # a greatest value from which on no greatest value is mentioned
UnitKind = Literal["course", "teacher", "school"]


class Reference(NamedTuple):
    """An id that a setting names."""

    kind: UnitKind
    unit_id: str


@dataclass(frozen=True)
class FormField:
    """A field of the planning form. label: a message code. percent: a share, entered in percent."""

    name: str
    kind: Literal["number", "percent", "ids"]
    label: str
    step: str = "any"

    def parse(self, text: str) -> Any:
        """The value of a filled field. Raises ValueError for what is not a number."""
        if self.kind == "ids":
            for separator in "，、;；":
                text = text.replace(separator, ",")
            return [part.strip() for part in text.split(",") if part.strip()]
        if self.kind == "percent":
            return number_of(text.rstrip("%％")) / 100
        number = number_of(text)
        return int(number) if self.step == "1" and number.is_integer() else number

    def fill(self, value: Any) -> str | None:
        """The text of a field that would be read as this value; None where the field cannot hold it."""
        if self.kind == "ids":
            return ", ".join(value) if all(isinstance(item, str) for item in value) else None
        return f"{100 * value if self.kind == 'percent' else value:g}"


def number_of(text: str) -> float:
    """A number as people write it, thousands apart. Raises ValueError."""
    return float(text.replace(",", "").replace("，", "").replace(" ", ""))


class Setting(Generic[V]):
    """`key` names it in files and in JSON; `order`: its place among settings. A subclass is registered with
    `registry.register` and needs no other mention."""

    key: ClassVar[str]
    order: ClassVar[int]
    value_type: ClassVar[Any]
    default: ClassVar[Any] = None
    form: ClassVar[FormField | None] = None

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The pydantic type of the value."""
        return TypeAdapter(self.value_type)

    def validate(self, value: Any) -> V:
        """The value in its own type. Raises UsageError naming the key and what it accepts."""
        try:
            return self.adapter.validate_python(value)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise self._refusal(error.errors()[0]) from error

    def dump(self, value: V) -> Any:
        """The value as JSON would hold it."""
        return [_plain(item) for item in value] if isinstance(value, tuple) else value

    def references(self, value: V) -> Iterator[Reference]:
        """The ids that the value names."""
        return iter(())

    def formulate(self, value: V, builder: ProblemBuilder) -> None:
        """Add to a problem what the value asks for."""

    def _refusal(self, error: ErrorDetails) -> UsageError:
        names = [part for part in error["loc"] if isinstance(part, str)]
        if error["type"] in ("extra_forbidden", "missing"):
            return UsageError(
                "planning.wrong_table_key", key=self.key, name=repr(names[-1]), known=list(self._table_keys())
            )
        key = names[-1] if names else self.key
        accepts = message(error["type"]) if CODE.fullmatch(error["type"]) else self._range(error)
        return UsageError("planning.wrong_value", key=key, value=repr(error["input"]), accepts=accepts)

    def _table_keys(self) -> tuple[str, ...]:
        return ()

    def _range(self, error: ErrorDetails) -> Message:
        """What a number may be, from the schema of the field that was refused."""
        schema: dict[str, Any] = self.adapter.json_schema()
        names = [part for part in error["loc"] if isinstance(part, str)]
        if names and "$defs" in schema:
            schema = next(d["properties"][names[0]] for d in schema["$defs"].values() if names[0] in d["properties"])
        options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
        (schema,) = options[:1]
        low, high = schema.get("minimum", 0), schema.get("maximum", UNBOUNDED)
        if schema.get("type") == "boolean":
            return message("planning.accepts_boolean")
        if schema.get("type") == "integer":
            return message("planning.accepts_whole", low=low)
        if high >= UNBOUNDED:
            return message("planning.accepts_amount", low=low)
        return message("planning.accepts_number", low=f"{low:g}", high=f"{high:g}")


def _plain(item: Any) -> Any:
    if isinstance(item, BaseModel):
        values = {name: getattr(item, name) for name in type(item).model_fields}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items() if v not in ((), None)}
    return list(item) if isinstance(item, tuple) else item


def _ids(value: Any) -> Any:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise PydanticCustomError("planning.accepts_ids", "a list of ids")
    return tuple(dict.fromkeys(items))


def pair_of(value: Any) -> tuple[str, str]:
    """A teacher's and a course's id. Raises PydanticCustomError."""
    if isinstance(value, dict) and set(value) == {"teacher", "course"}:
        value = [value["teacher"], value["course"]]
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(isinstance(v, str) for v in value):
        raise PydanticCustomError("planning.accepts_pairs", "pairs of ids")
    return value[0], value[1]


def _pairs(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise PydanticCustomError("planning.accepts_pairs", "pairs of ids")
    return tuple(dict.fromkeys(pair_of(item) for item in value))


def _tables(value: Any) -> Any:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, (dict, BaseModel)) for item in value):
        raise PydanticCustomError("planning.accepts_tables", "tables")
    return tuple(value)


Amount = Annotated[float, Field(strict=True, ge=0, le=UNBOUNDED, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True, ge=0)]
Switch = Annotated[bool, Field(strict=True)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids)]
Pairs = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_pairs)]
AnyTables = BeforeValidator(_tables)
