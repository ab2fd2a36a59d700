"""The template of an impact assessment (PIPL articles 55 and 56), filled in with what a workspace holds.

The three questions of article 56 are its sections: whether purpose and manner are lawful, legitimate and necessary;
what it means for people and how large the risk is; whether the protective measures are lawful, effective and in
proportion. What people must judge stays blank and is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from features.messages import BilingualText, message
from recommender.privacy.audit_words import role_words
from recommender.privacy.data_catalogue import (
    GROUPS,
    Group,
    PurposeEntry,
    data_catalogue,
    table_label,
    words_of,
)
from recommender.privacy.impact_facts import ImpactFacts
from recommender.text.catalogues import in_both

BLANK: Final = "__________"
"""Left to people; it also stands once in the sentence that explains it."""
STORED_HEADS: Final = (
    "pia_table", "pia_rows", "page_columns", "page_use", "page_basis", "page_sensitivity", "page_term", "page_seen_by",
)  # fmt: skip
RISKS: Final = ("ranking", "wrong_estimate", "small_groups", "function_creep", "leak", "opt_out")
CONTROLS: Final = (
    "per_object", "audit", "no_ranking", "suppression", "uncertainty", "switch", "adoption", "retention", "erasure",
    "research", "local_only",
)  # fmt: skip


def impact_assessment(facts: ImpactFacts, responsible: str | None, today: date) -> str:
    """The whole document in Markdown, Chinese and English. responsible: the office, where it was entered."""
    parts = (
        _head(facts, responsible, today), _occasion(), _stored(facts), _necessity(facts), _risks(facts), _measures(facts),
        _conclusion(),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in (*part, "")) + "\n"


def _head(facts: ImpactFacts, responsible: str | None, today: date) -> Iterator[str]:
    yield f"# {_both('pia_title')}"
    yield ""
    yield _both("pia_lead")
    if facts.simulated:
        yield ""
        yield f"**{_both('pia_simulated')}**"
    yield ""
    yield from _table(
        ("pia_item", "pia_value"),
        [
            [_both("pia_responsible"), responsible or BLANK], [_both("pia_date"), today.isoformat()],
            [_both("pia_assessors"), BLANK], [_both("pia_officer"), BLANK],
            [_both("pia_people"), _both("pia_people_counted", teachers=facts.teachers, schools=facts.schools)],
            [_both("pia_newest"), "–" if facts.newest is None else facts.newest.isoformat()],
            [_both("pia_fingerprint"), f"`{facts.fingerprint[:16]}`"],
        ],
    )  # fmt: skip


def _occasion() -> Iterator[str]:
    yield _heading(1, "pia_occasion")
    yield ""
    yield f"- [x] {_both('pia_occasion_automated')}"
    for name in ("sensitive", "entrusted", "abroad", "other"):
        yield f"- [ ] {_both(f'pia_occasion_{name}')}: {BLANK}"


def _stored(facts: ImpactFacts) -> Iterator[str]:
    yield _heading(2, "pia_stored")
    for group in GROUPS:
        yield ""
        yield f"### {_both(f'group_{group}')}"
        yield ""
        rows = [
            _entry_row(group, table, entry, facts.rows[group, table] if i == 0 else None, i == 0)
            for table, entries in data_catalogue().of(group).items()
            for i, entry in enumerate(entries)
        ]
        yield from _table(STORED_HEADS, rows)


def _entry_row(group: Group, table: str, entry: PurposeEntry, n: int | None, first: bool) -> list[str]:
    name = f"{_pair(table_label(group, table))} `{table}`" if first else ""
    rows = ("–" if n is None else f"{n:,}") if first else ""
    return [
        name, rows, " ".join(f"`{column}`" for column in entry.columns), _pair(words_of("use", entry.purpose)),
        _pair(words_of("basis", entry.basis)), _pair(words_of("sensitivity", entry.sensitivity)),
        _pair(words_of("term", entry.term)), "<br>".join(_pair(words_of("viewer", one)) for one in entry.seen_by),
    ]  # fmt: skip


def _necessity(facts: ImpactFacts) -> Iterator[str]:
    yield _heading(3, "pia_necessity")
    yield ""
    yield _both("pia_necessity_lead")
    yield ""
    purposes: dict[str, list[str]] = {}
    for group in GROUPS:
        for table, entries in data_catalogue().of(group).items():
            for entry in entries:
                tables = purposes.setdefault(entry.purpose, [])
                if table not in tables:
                    tables.append(table)
    rows = [
        [_pair(words_of("use", purpose)), " ".join(f"`{name}`" for name in tables), BLANK, BLANK]
        for purpose, tables in purposes.items()
    ]
    yield from _table(("page_use", "pia_tables", "pia_lawful", "pia_necessary"), rows)
    filled = {f"`{table}.{column}`": share for (table, column), share in facts.filled.items() if facts.rows["tables", table]}
    empty = [name for name, share in filled.items() if share == 0]
    partly = [f"{name} {share:.0%}" for name, share in filled.items() if 0 < share < 1]
    yield ""
    yield f"- {_both('pia_columns_empty')}: {' '.join(empty) or '–'}"
    yield f"- {_both('pia_columns_partly')}: {', '.join(partly) or '–'}"


def _risks(facts: ImpactFacts) -> Iterator[str]:
    yield _heading(4, "pia_risks")
    yield ""
    yield _both("pia_risks_lead")
    yield ""
    rows = [[_both(f"risk_{name}"), BLANK, BLANK, BLANK] for name in RISKS]
    yield from _table(("pia_risk", "pia_likely", "pia_severe", "pia_answer"), rows)
    yield ""
    yield f"{_both('pia_figures')}:"
    yield ""
    yield f"- {_both('pia_small', small=facts.small, alone=facts.alone, teachers=facts.teachers)}"
    if facts.bands:
        total, thin = sum(facts.bands.values()), facts.bands.get("thin", 0)
        yield f"- {_both('pia_thin', share=thin / total)}"
    else:
        yield f"- {_both('pia_not_diagnosed')}"
    reads = ", ".join(f"{_pair(role_words(role))} {n:,}" for role, n in sorted(facts.reads.items())) or "0"
    yield f"- {_both('pia_overdue', n=facts.overdue)}"
    yield f"- {_both('pia_reads', refused=facts.refused)}: {reads}"


def _measures(facts: ImpactFacts) -> Iterator[str]:
    yield _heading(5, "pia_measures")
    yield ""
    for name in CONTROLS:
        yield f"- {_both(f'control_{name}')}"
    yield ""
    yield f"{_both('pia_settings')}:"
    yield ""
    for name, on in facts.measures.items():
        yield f"- [{'x' if on else ' '}] {_both(f'measure_{name}')}"
    yield ""
    for name in ("backups", "training", "incident", "access_list"):
        yield f"- [ ] {_both(f'organize_{name}')}: {BLANK}"


def _conclusion() -> Iterator[str]:
    yield _heading(6, "pia_conclusion")
    yield ""
    for name in ("lawful", "residual", "conditions", "next", "signed"):
        yield f"- {_both(f'conclude_{name}')}: {BLANK}"
    yield ""
    yield _both("pia_keep")


def _heading(number: int, name: str) -> str:
    return f"## {number}. {_both(name)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(_both(head) for head in heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"


def _both(name: str, **values: Any) -> str:
    return _pair(in_both(message(f"privacy.{name}", **values)))


def _pair(text: BilingualText) -> str:
    return text.zh if text.zh == text.en else f"{text.zh} / {text.en}"
