"""The sections of a mapping file: which rows of which files become which columns of which tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from features.messages import message
from features.schema import TABLES
from features.sources.map.mapping_fields import (
    AnswerNumbers,
    Constant,
    Day,
    Encoding,
    FileName,
    Items,
    MappingSection,
    MissingCodes,
    NameOrNames,
    Names,
    Order,
    ReversedItems,
    RowNumbers,
    Scale,
    ScoreColumns,
    Separator,
    Shares,
    SurveyKind,
    Switch,
    Text,
    TextMap,
    TwoNames,
    refused,
)

SEPARATOR: Final = "-"  # between the cells of several columns that make one id
ABOUT: Final = ("subject", "name", "programme", "date", "term", "stage", "grade", "sample_type")


class FileSpec(MappingSection):
    """Rows of a file or of several: a glob, the sheet, the header's row numbers, a row filter.

    encoding, separator: of a text table, where they are not to be found by evidence. dates: the order of day and
    month in dates such as 3/15/2026. footer: whether totals and remarks below the data are left out.
    """

    synonyms: ClassVar[Mapping[str, str]] = {"delimiter": "separator"}

    file: FileName
    sheet: Text | None = None
    header: RowNumbers | None = None
    where: Text | None = None
    encoding: Encoding | None = None
    separator: Separator | None = None
    dates: Order = "ymd"
    footer: Switch = False


class ColumnSpec(MappingSection):
    """A column made of source columns: `map` first, then prefix and suffix; or one `value` in every row.

    sources: of several, the cells are joined by SEPARATOR; the cell is empty where one of them is.
    years_before: the cells are numbers of years, the column is the day so many years before this one.
    """

    takes: ClassVar[str] = "sources.takes_column_spec"

    sources: NameOrNames = Field((), alias="from")
    prefix: Text = ""
    suffix: Text = ""
    map: TextMap = Field(default_factory=dict)
    value: Constant = ""
    years_before: Day | None = None

    @classmethod
    def of(cls, *sources: str) -> ColumnSpec:
        """A column that is one source column, or an id of several."""
        return cls.model_validate({"from": list(sources)})

    @classmethod
    def as_section(cls, content: Any) -> Any:
        """A name or a list of names is short for `from`."""
        return {"from": content} if isinstance(content, str | list) and content else content

    @model_validator(mode="after")
    def _source_or_value(self) -> Self:
        keys = self.model_fields_set & set(ColumnSpec.model_fields)
        if ("sources" in keys) == ("value" in keys):
            raise refused("sources.mapping_from_or_value")
        if "value" in keys and len(keys) > 1:
            raise refused("sources.mapping_value_alone")
        return self


class LinkedColumnSpec(FileSpec, ColumnSpec):
    """A column made of the rows of another file, whose column `on` holds the id of the row it belongs to.

    key: the columns that hold this id in the rows themselves; those of pupils have a column for it.
    """

    on: NameOrNames
    key: NameOrNames | None = None

    @property
    def link(self) -> tuple[object, ...]:
        """What identifies the rows of the other file and how they are matched: columns that agree here are read
        from the same row."""
        return (
            self.file,
            self.sheet,
            self.header,
            self.where,
            self.encoding,
            self.separator,
            self.on,
            self.key,
        )


def _row_or_file(content: Any) -> str:
    return "<file>" if isinstance(content, dict) and "file" in content else "<row>"


ColumnSource = Annotated[
    Annotated[ColumnSpec, Tag("<row>")] | Annotated[LinkedColumnSpec, Tag("<file>")],
    Discriminator(_row_or_file),
]


class WideSpec(MappingSection):
    """Columns that become rows: their headers go into the column `item`, their cells into `score`."""

    takes: ClassVar[str] = "sources.takes_wide"

    sources: Names = Field(alias="from")
    into: TwoNames

    @property
    def item(self) -> str:
        """The column of the headers."""
        return self.into[0]

    @property
    def score(self) -> str:
        """The column of the cells."""
        return self.into[1]


class TableSpec(FileSpec):
    """One [[table]]: without `columns` and `wide` the source has the table's own headers."""

    name: Text
    unique: Switch = False
    columns: dict[str, ColumnSource] = Field(default_factory=dict)
    wide: WideSpec | None = None
    classes: ColumnSpec | None = Field(None, alias="class")

    @classmethod
    def as_section(cls, content: Any) -> Any:
        """`wide` may be written among the columns."""
        columns = content.get("columns", {}) if isinstance(content, dict) else {}
        if not isinstance(columns, dict):
            raise refused("sources.mapping_columns_below")
        if "wide" not in columns:
            return content
        others = {name: column for name, column in columns.items() if name != "wide"}
        return {**content, "columns": others, "wide": columns["wide"]}

    @model_validator(mode="after")
    def _columns_of_the_table(self) -> Self:
        if self.name not in TABLES:
            raise refused("sources.mapping_unknown_table", name=self.name, known=", ".join(TABLES))
        own = {column.name for column in TABLES[self.name].columns}
        for column in self.columns:
            if column not in own:
                known = ", ".join(sorted(own | {"wide"}))
                raise refused("sources.mapping_unknown_key", key=column, known=known)
        if self.wide is not None and not own.issuperset(self.wide.into):
            raise refused("sources.mapping_wide_into", known=", ".join(sorted(own)))
        if self.classes is not None and self.name != "classes":
            raise refused("sources.mapping_class_elsewhere")
        return self

    @property
    def linked(self) -> dict[str, LinkedColumnSpec]:
        """The columns that other files hold."""
        return {name: c for name, c in self.columns.items() if isinstance(c, LinkedColumnSpec)}

    def with_class(self, classes: ColumnSpec) -> TableSpec:
        """The same table; its class_id is made by this specification, unless it has one."""
        return self.model_copy(update={"columns": {"class_id": classes, **self.columns}})


class PriorScoreSpec(MappingSection):
    """Earlier scores in the pupils' own rows: dimension -> columns, several being plausible values."""

    takes: ClassVar[str] = "sources.takes_prior"

    scores: ScoreColumns


class LinkedPriorScoreSpec(FileSpec, PriorScoreSpec):
    """Earlier scores in the rows of another file, whose column `on` holds the pupil's id."""

    on: Text


PriorSource = Annotated[
    Annotated[PriorScoreSpec, Tag("<row>")] | Annotated[LinkedPriorScoreSpec, Tag("<file>")],
    Discriminator(_row_or_file),
]


class PupilSpec(FileSpec):
    """One [[pupils]].

    scores: dimension -> columns, several being plausible values. missing: codes that stand for no score.
    reliability, prior_reliability: dimension -> share of true variance. teacher, school: of each pupil's class.
    """

    assessment: Text
    classes: ColumnSpec = Field(alias="class")
    pupil: Text
    scores: ScoreColumns
    weight: Text | None = None
    prior: PriorSource | None = None
    missing: MissingCodes = ()
    reliability: Shares = Field(default_factory=dict)
    prior_reliability: Shares = Field(default_factory=dict)
    teacher: ColumnSpec | None = None
    school: ColumnSpec | None = None
    subject: Text | None = None
    name: Text | None = None
    programme: Text | None = None
    date: Text | None = None
    term: Text | None = None
    stage: Text | None = None
    grade: Text | None = None
    sample_type: Text | None = None

    @property
    def about(self) -> dict[str, str]:
        """The columns of the assessment and its classes that the mapping gives."""
        return {key: getattr(self, key) for key in ABOUT if getattr(self, key) is not None}

    @classmethod
    def as_section(cls, content: Any) -> Any:
        """One reliability stands for all dimensions."""
        if not isinstance(content, dict) or not isinstance(content.get("scores"), dict):
            return content
        shares = {
            key: dict.fromkeys(content["scores"], content[key])
            for key in ("reliability", "prior_reliability")
            if key in content and not isinstance(content[key], dict)
        }
        return {**content, **shares}

    @model_validator(mode="after")
    def _dimensions_of_the_scores(self) -> Self:
        for key in ("reliability", "prior_reliability"):
            for name in getattr(self, key):
                if name not in self.scores:
                    known = ", ".join(sorted(self.scores))
                    raise refused("sources.mapping_unknown_dimension", key=key, name=name, known=known)
        if self.prior is not None and not set(self.scores).issuperset(self.prior.scores):
            raise refused("sources.mapping_prior_scores", known=", ".join(self.scores))
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Either all that a row of assessments or classes needs, or nothing."""
        needs: dict[str, tuple[str, ...]] = {}
        if set(self.about) & {"name", "programme", "date", "stage", "sample_type"}:
            needs["assessments"] = ("date", "stage", "subject")
        if (self.teacher is None) != (self.school is None):
            raise refused("sources.mapping_teacher_and_school")
        if self.teacher is not None:
            needs["classes"] = ("subject", "term", "grade")
        for table, keys in needs.items():
            missing = [key for key in keys if key not in self.about]
            if missing:
                raise refused("sources.mapping_rows_also_need", table=table, keys=", ".join(missing))
        if not needs and self.about:
            raise refused("sources.mapping_needs_date_or_teacher", keys=", ".join(sorted(self.about)))
        return self


class RatingSpec(FileSpec):
    """One [[ratings]]: pupils' answers about their teachers.

    items: name -> column. scale: lowest and highest answer. reverse: items whose lowest answer is the best.
    teacher: of each pupil's row, or of the pupil in another file. answers: words -> numbers of the scale, which are what
    counts where an answer is one of these words. kind: who answers, pupils or the teachers themselves.
    """

    survey: Text
    date: Text
    teacher: ColumnSource
    items: Items
    scale: Scale
    reverse: ReversedItems = ()
    classes: ColumnSpec | None = Field(None, alias="class")
    pupil: Text | None = None
    missing: MissingCodes = ()
    answers: AnswerNumbers = Field(default_factory=dict)
    kind: SurveyKind = "student_feedback"

    @classmethod
    def as_section(cls, content: Any) -> Any:
        """`reverse = true` stands for all items."""
        if not isinstance(content, dict) or not isinstance(content.get("reverse"), bool):
            return content
        items = content.get("items")
        every = list(items) if isinstance(items, dict | list) else []
        return {**content, "reverse": every if content["reverse"] else []}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not set(self.reverse) <= set(self.items):
            raise refused("sources.mapping_reverse_items", items=", ".join(self.items))
        if isinstance(self.teacher, LinkedColumnSpec) and self.pupil is None:
            raise refused("sources.mapping_teacher_needs_pupil")
        if isinstance(self.teacher, LinkedColumnSpec) and self.teacher.key is not None:
            raise refused("sources.mapping_key_is_pupil")
        return self


def _sections(value: Any) -> Any:
    if not isinstance(value, list):
        raise refused("sources.mapping_wrong_value", takes=message(MappingSection.takes))
    return tuple(value)


Section = TypeVar("Section")
Sections = Annotated[tuple[Section, ...], BeforeValidator(_sections)]


class MappingSpec(MappingSection):
    """A whole mapping file. `subjects`: synonym -> name."""

    table: Sections[TableSpec] = ()
    pupils: Sections[PupilSpec] = ()
    ratings: Sections[RatingSpec] = ()
    subjects: TextMap = Field(default_factory=dict)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.table and not self.pupils and not self.ratings:
            raise refused("sources.mapping_empty")
        return self
