"""Who read a teacher's data, and why, on her own page: reads by others, and how often she looked herself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.page_words import Words
from recommender.personal_data import PersonalTable
from recommender.privacy.audit_words import purpose_words, role_words

SHOWN: Final = 50


@dataclass(frozen=True)
class ReadShown:
    """One read by another person. plan: of names in this plan; empty for a read of herself alone."""

    at: str
    actor: str
    role: str
    purpose: str
    plan: str
    answer: str


@dataclass(frozen=True)
class Readers:
    """The newest reads by others, how many there are of them, and how many of her own."""

    reads: tuple[ReadShown, ...]
    others: int
    own: int


def readers_of(tables: Sequence[PersonalTable], teacher_id: str, t: Words) -> Readers:
    """From the rows of the audit trail about her; what she read of others is in the rows below, not among these."""
    rows = [row for table in tables if table.name == "audit" for row in table.rows]
    about_her = [row for row in rows if row["unit_kind"] == "plan" or row["unit_id"] == teacher_id]
    others = [row for row in about_her if row["actor"] != teacher_id]
    reads = tuple(
        ReadShown(
            at=str(row["at"])[:16].replace("T", " "),
            actor=str(row["actor"]),
            role=t.text(role_words(str(row["role"]))),
            purpose=t.text(purpose_words(str(row["purpose"]))),
            plan=str(row["unit_id"]) if row["unit_kind"] == "plan" else "",
            answer=t("privacy.granted" if row["granted"] else "privacy.refused"),
        )
        for row in reversed(others[-SHOWN:])
    )
    return Readers(reads, len(others), len(about_her) - len(others))
