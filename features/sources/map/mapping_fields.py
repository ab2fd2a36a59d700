"""The types of values in a mapping file, each with the message that says what it takes.

Every error is a `PydanticCustomError` whose type is a message code and whose context are the values.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, ValidationError, core_schema

from features.messages import message
from features.sources.read.locate import suffix_of


def refused(code: str, **values: Any) -> PydanticCustomError:
    """The error for a value that breaks a rule: a message code with its values."""
    return PydanticCustomError(code, "refused", values)


@dataclass(frozen=True)
class Takes:
    """Metadata of a type: any value it refuses is the error `code`, which says what the type takes."""

    code: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            raise refused("sources.mapping_wrong_value", takes=message(self.code)) from error


class MappingSection(BaseModel):
    """A section of a mapping file: unknown keys are refused, values are not converted between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    takes: ClassVar[str] = "sources.takes_sections"
    synonyms: ClassVar[Mapping[str, str]] = {}  # another word for a key -> the key

    @model_validator(mode="wrap")
    @classmethod
    def _keys(cls, content: Any, handler: Callable[[Any], Any]) -> Any:
        content = cls.as_section(content)
        if not isinstance(content, Mapping):
            raise refused("sources.mapping_wrong_value", takes=message(cls.takes))
        if cls.synonyms:
            content = {cls.synonyms.get(key, key): value for key, value in content.items()}
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        for key in content:
            if key not in fields:
                raise refused("sources.mapping_unknown_key", key=key, known=", ".join(sorted(fields)))
        for key, field in fields.items():
            if field.is_required() and key not in content:
                takes = next((m.code for m in field.metadata if isinstance(m, Takes)), cls.takes)
                raise refused("sources.mapping_missing_key", key=key, takes=message(takes))
        return handler(content)

    @classmethod
    def as_section(cls, content: Any) -> Any:
        """The section that a short form stands for; subclasses say which forms there are."""
        return content


def _day_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("blank")
    return value


def _supported(file: str) -> str:
    if not suffix_of(Path(file)):
        raise ValueError("unknown suffix")
    return file


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _name_as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a name twice")
    return names


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        raise ValueError("a time of day")
    return date.fromisoformat(value) if isinstance(value, str) else value


def _number_as_text(value: Any) -> Any:
    convertible = isinstance(value, int | float | date) and not isinstance(value, bool)
    return str(value) if convertible else value


def _column_of_item(value: Any) -> Any:
    """A list of columns: each is an item of its own name."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: name for name in _distinct(tuple(value))}
    return value


def _increasing(scale: tuple[float, float]) -> tuple[float, float]:
    if not scale[0] < scale[1]:
        raise ValueError("not increasing")
    return scale


def _row_as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else _as_tuple(value)


def _rows_in_order(rows: tuple[int, ...]) -> tuple[int, ...]:
    if list(rows) != sorted(set(rows)):
        raise ValueError("not one below the other")
    return rows


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError as error:
        raise ValueError("no encoding of text") from error
    return codecs.lookup(name).name


def _separator(text: str) -> str:
    text = "\t" if text.casefold() in ("tab", "\\t") else text
    if len(text) != 1 or not text.isascii() or text.isalnum() or text in '"\r\n':
        raise ValueError("not one sign")
    return text


Filled = Field(min_length=1)
Name = Annotated[str, Filled]
Text = Annotated[str, BeforeValidator(_day_as_text), AfterValidator(_not_blank), Takes("sources.takes_text")]
FileName = Annotated[Text, AfterValidator(_supported), Takes("sources.takes_file")]
Names = Annotated[
    tuple[Name, ...], Filled, BeforeValidator(_as_tuple), AfterValidator(_distinct),
    Takes("sources.takes_columns"),
]  # fmt: skip
NameOrNames = Annotated[
    tuple[Name, ...], Filled, BeforeValidator(_name_as_tuple), AfterValidator(_distinct),
    Takes("sources.takes_column_or_columns"),
]  # fmt: skip
TwoNames = Annotated[
    tuple[Name, Name],
    BeforeValidator(_as_tuple),
    AfterValidator(_distinct),
    Takes("sources.takes_two_columns"),
]
ReversedItems = Annotated[
    tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_distinct),
    Takes("sources.takes_reversed_items"),
]  # fmt: skip
Items = Annotated[dict[str, Name], Filled, BeforeValidator(_column_of_item), Takes("sources.takes_items")]
ScoreColumns = Annotated[dict[str, NameOrNames], Filled, Takes("sources.takes_scores")]
TextMap = Annotated[dict[str, str], Takes("sources.takes_text_map")]
RowNumber = Annotated[int, Field(ge=1)]
RowNumbers = Annotated[
    tuple[RowNumber, ...], Field(min_length=1, max_length=5), BeforeValidator(_row_as_tuple),
    AfterValidator(_rows_in_order), Takes("sources.takes_row_number"),
]  # fmt: skip
Encoding = Annotated[str, AfterValidator(_known_encoding), Takes("sources.takes_encoding")]
Separator = Annotated[str, AfterValidator(_separator), Takes("sources.takes_separator")]
Order = Annotated[Literal["ymd", "mdy", "dmy"], Takes("sources.takes_date_order")]
Switch = Annotated[bool, Takes("sources.takes_switch")]
Constant = Annotated[str, BeforeValidator(_number_as_text), Takes("sources.takes_constant")]
Day = Annotated[date, BeforeValidator(_day), Takes("sources.takes_day")]
MissingCodes = Annotated[
    tuple[float | str, ...], BeforeValidator(_name_as_tuple), Takes("sources.takes_missing_codes")
]
Scale = Annotated[
    tuple[float, float], BeforeValidator(_as_tuple), AfterValidator(_increasing), Takes("sources.takes_scale")
]
AnswerNumbers = Annotated[dict[str, float], Takes("sheets.takes_answers")]
SurveyKind = Annotated[Literal["student_feedback", "self_report"], Takes("sheets.takes_survey_kind")]
Share = Annotated[float, Field(gt=0, le=1)]
Shares = Annotated[dict[str, Share], Takes("sources.takes_shares")]
