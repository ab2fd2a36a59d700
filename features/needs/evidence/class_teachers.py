"""Teachers of the classes that sat a test: who taught the test's subject in the test's term."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from features.tables import Tables

GENERALIST: Final = "generalist"
MIN_SHARE: Final = 0.3  # of a class's lessons: the result is not attributed to who taught less
TERM: Final = re.compile(r"(\d{4})(?:-(\d{4}))?-([12])")


def with_teachers(tables: Tables, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """One row a result and teacher, with columns row (index of the result), t, share, term_begins; and, by row of `rows`, why
    a result has none ("" where it has).

    A test counts for the term it names, else for the latest term of its class begun by its date. A result of a class that is
    not taught until later is nobody's: its pupils may have had another teacher. A generalist's class matches a test of any
    subject, and a test over several subjects (`generalist`) any teacher of the class.
    """
    results = pd.DataFrame(
        {
            "row": rows.index, "class_id": rows["unit_id"].to_numpy(), "subject": rows["subject"].to_numpy(),
            "date": rows["date"].to_numpy(), "term_key": _term_key(rows["term"]).to_numpy(),
        }
    )  # fmt: skip
    classes = _classes(tables, results)
    has_term = results["term_key"].notna()
    same_term = _joined(results[has_term], classes, ["term_key"])
    latest = _latest_begun(_joined(results[~has_term].drop(columns="term_key"), classes, []))
    candidates = pd.concat([same_term, latest], ignore_index=True)  # without term_begins, with it
    t = pd.Index(tables["teachers"]["teacher_id"]).get_indexer(pd.Index(candidates["teacher_id"]))
    attributed_teachers = candidates.assign(t=t)[(t >= 0) & (candidates["share"] >= MIN_SHARE)]
    attributed_teachers = attributed_teachers.drop_duplicates(["row", "t"])[["row", "t", "share", "term_begins"]]
    attributed = rows.merge(attributed_teachers, left_index=True, right_on="row").reset_index(drop=True)
    kind = pd.Series("", index=rows.index, dtype=object)
    left = results[~results["row"].isin(attributed_teachers["row"])]
    if len(left):
        kind[left["row"]] = _reasons(left, classes, candidates.assign(t=t)).to_numpy()
    return attributed, kind


def _classes(tables: Tables, results: pd.DataFrame) -> pd.DataFrame:
    """Rows of classes that sat a test; shares of one class, subject and term add up to 1 at most."""
    classes = tables["classes"][["class_id", "subject", "term", "teacher_id", "share"]].fillna({"share": 1.0})
    classes = classes[classes["class_id"].isin(results["class_id"])]
    total = classes.groupby(["class_id", "subject", "term"])["share"].transform("sum").clip(lower=1.0)
    return classes.assign(
        share=classes["share"] / total,
        begins=term_begins(classes["term"]),
        term_key=_term_key(classes["term"]),
    ).drop(columns="term")


def _joined(results: pd.DataFrame, classes: pd.DataFrame, more: list[str]) -> pd.DataFrame:
    """Results with the teachers of their class: of the same subject, or of any where either is a generalist's."""
    parts = [results.merge(classes, on=["class_id", "subject", *more])]
    any_subject = results["subject"] == GENERALIST
    teaching = classes.drop(columns="subject")
    if any_subject.any():
        parts.append(results[any_subject].merge(teaching, on=["class_id", *more]))
    generalists = teaching[classes["subject"] == GENERALIST]
    if len(generalists):
        parts.append(results[~any_subject].merge(generalists, on=["class_id", *more]))
    return pd.concat(parts, ignore_index=True)


def _latest_begun(joined: pd.DataFrame) -> pd.DataFrame:
    """The rows of each result's latest term begun by its date."""
    begins = joined["begins"].where(joined["begins"] <= joined["date"])
    latest = begins.groupby(joined["row"]).transform("max")
    return joined[begins == latest].assign(term_begins=latest)


def _reasons(left: pd.DataFrame, classes: pd.DataFrame, candidates: pd.DataFrame) -> pd.Series:
    """Kinds of `unused_evidence`, by row of `left`; candidates: teachers in the right term, with t (-1 if unknown)."""
    joined = _joined(left.rename(columns={"term_key": "test_term"}), classes, [])
    terms = joined.groupby("row").agg(
        first=("begins", "min"),
        last=("begins", "max"),
        date=("date", "first"),
        test_term=("test_term", "first"),
    )
    terms = terms.reindex(left["row"])
    test_begins = pd.to_datetime(terms["test_term"], errors="coerce", format="%Y-%m-%d")
    start = test_begins.where(terms["test_term"].notna(), terms["date"])
    kind = pd.Series("class_other_terms", index=terms.index, dtype=object)
    kind[start.isna() | terms["first"].isna()] = "class_term_unreadable"
    kind[terms["last"] < start] = "class_no_longer"
    kind[terms["first"] > start] = "class_not_yet"
    in_term = candidates.groupby("row")["t"].max().reindex(terms.index)
    kind[in_term == -1] = "class_teacher_unknown"
    kind[in_term >= 0] = "class_share_small"
    kind[~terms.index.isin(joined["row"])] = "class_subject"
    unknown = ~left["class_id"].isin(classes["class_id"]).to_numpy()
    kind[unknown] = "class_unknown"
    return kind


def _term_key(terms: pd.Series) -> pd.Series:
    """The day a term begins as text, so that two ways to write a term are the same; other texts stay as they are."""
    begins = term_begins(terms)
    key: pd.Series = begins.dt.strftime("%Y-%m-%d").astype("str").where(begins.notna(), terms)
    return key


def term_begins(terms: pd.Series) -> pd.Series:
    """The day a term begins, NaT for a term in another form.

    `2025-1` and `2025-2` are the first and the second term of the school year begun in September 2025, as are `2025-2026-1`
    and `2025-2026-2`: they begin on the first of September 2025 and of February 2026.
    """
    days = {term: _first_day(str(term)) for term in terms.unique()}
    begins: pd.Series = pd.to_datetime(terms.map(days)).astype("datetime64[us]")
    return begins


def _first_day(term: str) -> pd.Timestamp | None:
    match = TERM.fullmatch(term)
    if not match or (match[2] and int(match[2]) != int(match[1]) + 1):
        return None
    year = int(match[1])
    return pd.Timestamp(year + 1, 2, 1) if match[3] == "2" else pd.Timestamp(year, 9, 1)
