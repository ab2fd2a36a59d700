"""What teachers decided about courses and about the use of their data, as lists and plans take it into account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class TeacherChoices:
    """(teacher, course) ids: closed, those that she dismissed, says she completed, or contested and was right about;
    intended, those that she would like to attend. unpersonalised: teachers whose lists must not use data about them.
    self_assessed: teachers who submitted a self-assessment; it changes their own page and lists alone, no plan."""

    closed: frozenset[tuple[str, str]] = frozenset()
    intended: frozenset[tuple[str, str]] = frozenset()
    unpersonalised: frozenset[str] = frozenset()
    self_assessed: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.closed or self.intended or self.unpersonalised)

    @property
    def change_lists(self) -> bool:
        """Whether a list is another one than without them. An intention is shown beside the list."""
        return bool(self.closed or self.unpersonalised or self.self_assessed)

    def digest(self) -> str:
        """Stands for the content; empty where nobody decided anything."""
        if not self:
            return ""
        content = [sorted(self.closed), sorted(self.intended), sorted(self.unpersonalised)]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


NO_CHOICES: Final = TeacherChoices()


def nobody_chose(teacher_ids: Collection[str] | None = None) -> TeacherChoices:
    """Where nothing is recorded."""
    return NO_CHOICES


ReadChoices = Callable[[Collection[str] | None], TeacherChoices]
"""The choices of these teachers, of all for None, as they stand now."""
