"""Every column that may be about a person has a purpose, a basis, a sensitivity, a term and people who see it."""

from __future__ import annotations

import pytest

from recommender.privacy.data_catalogue import (
    GROUPS,
    Group,
    data_catalogue,
    stored_columns,
    table_label,
    words_of,
)

HOW = """{group}.{table}: {what}. Say in recommender/privacy/purposes.toml why it is stored:

    [[{group}.{table}]]
    columns = {columns}
    purpose = "..."      # a new code needs words: [use_...] in recommender/text/privacy.toml
    basis = "..."        # duty, duty_or_consent, consent, rights or security
    sensitivity = "..."  # identifier, ordinary, confidential or sensitive
    term = "..."         # one of [terms]; rows of records with months are deleted by `recommender retention`
    seen_by = ["herself", "operator"]
"""
STORED = [(group, table) for group, tables in stored_columns().items() for table in tables]


@pytest.mark.parametrize(("group", "table"), STORED)
def test_every_column_has_its_entry(group: Group, table: str) -> None:
    columns = stored_columns()[group][table]
    listed = [name for entry in data_catalogue().of(group).get(table, ()) for name in entry.columns]
    missing = [name for name in columns if name not in listed]
    assert not missing, HOW.format(group=group, table=table, what=f"no entry for {missing}", columns=missing)
    assert sorted(listed) == sorted(columns), f"{group}.{table}: entries for {sorted(set(listed) - set(columns))}, or twice"


def test_entries_are_about_tables_that_exist() -> None:
    listed = {(group, table) for group in GROUPS for table in data_catalogue().of(group)}
    assert listed == set(STORED)


@pytest.mark.parametrize(("group", "table"), STORED)
def test_every_code_has_words(group: Group, table: str) -> None:
    assert all(table_label(group, table))
    for entry in data_catalogue().of(group)[table]:
        words = [words_of("use", entry.purpose), words_of("basis", entry.basis), words_of("term", entry.term),
                 words_of("sensitivity", entry.sensitivity), *(words_of("viewer", one) for one in entry.seen_by)]  # fmt: skip
        assert all(text.zh and text.en for text in words)
        assert entry.term in data_catalogue().terms


def test_terms_in_words_are_the_terms() -> None:
    for name, term in data_catalogue().terms.items():
        if term.months is not None:
            words = words_of("term", name)
            assert f"{term.months} " in words.zh and f"{term.months} month" in words.en, name


def test_what_is_sensitive_by_law_is_not_stored() -> None:
    """Pupils under 14 appear as classes alone; who adds such a column has an impact assessment to do first."""
    entries = [entry for group in GROUPS for table in data_catalogue().of(group).values() for entry in table]
    assert not [entry for entry in entries if entry.sensitivity == "sensitive"]
    assert all("herself" in entry.seen_by or entry.seen_by == ("operator",) for entry in entries)
