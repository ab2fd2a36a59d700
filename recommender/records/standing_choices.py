"""The choices that hold in a workspace, for commands that make lists and plans."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from recommender.lists.teacher_choices import NO_CHOICES, ReadChoices, TeacherChoices
from recommender.records.feedback_records import FeedbackRecords
from recommender.records.record_store import RecordStore
from recommender.settings import Settings


def choice_reader(root: Path, settings: Settings) -> ReadChoices:
    """Reads the records of a workspace each time it is called; nobody chose anything where nothing was ever recorded.

    Raises UnavailableError and ReadError: a list that forgets what was dismissed is not made.
    """

    def read(teacher_ids: Collection[str] | None = None) -> TeacherChoices:
        store = RecordStore.of(root, settings)
        if not store.exists:
            return NO_CHOICES
        try:
            return FeedbackRecords(store.open()).choices(teacher_ids)
        finally:
            store.close()

    return read
