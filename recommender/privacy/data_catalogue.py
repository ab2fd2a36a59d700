"""What is stored about people, column by column: `purposes.toml`, compared with the schema, the records and the files.

Source of the attributes: PIPL (个人信息保护法) articles 6, 13, 17 (what a notice says), 19 (terms), 28 (sensitive
information) and 56 (impact assessment).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from features.documents import parse_toml
from features.messages import BilingualText, message
from features.personal_rows import ABOUT_NOBODY
from features.schema import TABLES
from recommender.plans.plan_record import COLUMNS as PLAN_COLUMNS
from recommender.plans.plan_record import WITH_NAMES
from recommender.records.record_tables import METADATA
from recommender.sign_in.service_tokens import ServiceToken
from recommender.text.catalogues import in_both
from recommender.workspace.exports import SCHEMAS
from recommender.workspace.import_history import FACTS

Group = Literal["tables", "records", "scores", "plans", "files"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
SCORES_ABOUT_NOBODY: Final = frozenset({"school_views", "course_effects"})
Viewer = Literal["herself", "school", "district_plan", "hours_offices", "answerer", "operator"]


class RetentionTerm(BaseModel):
    """months: after which rows are deleted; None: with the table, plan or account that they belong to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    months: int | None = Field(default=None, ge=1)


class PurposeEntry(BaseModel):
    """Why some columns of one table are stored; everything but the columns is a code with words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...] = Field(min_length=1)
    purpose: str
    basis: Literal["duty", "duty_or_consent", "consent", "rights", "security"]
    sensitivity: Literal["identifier", "ordinary", "confidential", "sensitive"]
    term: str
    seen_by: tuple[Viewer, ...] = Field(min_length=1)


class DataCatalogue(BaseModel):
    """The file: terms, and entries by group and table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: Mapping[str, RetentionTerm]
    tables: Mapping[str, tuple[PurposeEntry, ...]]
    records: Mapping[str, tuple[PurposeEntry, ...]]
    scores: Mapping[str, tuple[PurposeEntry, ...]]
    plans: Mapping[str, tuple[PurposeEntry, ...]]
    files: Mapping[str, tuple[PurposeEntry, ...]]

    def of(self, group: Group) -> Mapping[str, tuple[PurposeEntry, ...]]:
        """The entries of one group, by table."""
        entries: Mapping[str, tuple[PurposeEntry, ...]] = getattr(self, group)
        return entries

    def months(self, group: Group, table: str) -> int | None:
        """The shortest term of a table's columns, in months; None without any."""
        terms = [self.terms[entry.term].months for entry in self.of(group)[table]]
        return min((months for months in terms if months is not None), default=None)


@cache
def data_catalogue() -> DataCatalogue:
    """The catalogue of this version. Raises ReadError or ValidationError for a file that is none."""
    text = files("recommender.privacy").joinpath("purposes.toml").read_text("utf-8")
    return DataCatalogue.model_validate(parse_toml(text))


def stored_columns() -> dict[Group, dict[str, tuple[str, ...]]]:
    """Every column that may be about a person, by group and table, from where it is defined."""
    return {
        "tables": {
            name: tuple(column.name for column in table.columns) for name, table in TABLES.items() if name not in ABOUT_NOBODY
        },
        "records": {table.name: tuple(column.name for column in table.columns) for table in METADATA.sorted_tables},
        "scores": {name: tuple(schema.names) for name, schema in SCHEMAS.items() if name not in SCORES_ABOUT_NOBODY},
        "plans": {name: PLAN_COLUMNS[name] for name in WITH_NAMES},
        "files": {"service_tokens": tuple(ServiceToken.model_fields), "imports": tuple(sorted(FACTS))},
    }


def table_label(group: Group, table: str) -> BilingualText:
    """The name of a table in words."""
    if group == "tables":
        return TABLES[table].label
    return in_both(message(f"records.table_{table}" if group == "records" else f"privacy.table_{table}"))


def words_of(kind: Literal["use", "basis", "sensitivity", "term", "viewer"], code: str) -> BilingualText:
    """A code of the catalogue in words."""
    return in_both(message(f"privacy.{kind}_{code}"))
