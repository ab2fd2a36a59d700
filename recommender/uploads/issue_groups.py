"""Issues of an upload by kind, as its page shows them: each with its count and its first rows, in both languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from features.sources.issue import Issue
from recommender.text import in_both
from recommender.text.issue_rows import MAX_LENGTH, issue_sentence

ROWS_SHOWN: Final = 30  # of one kind
GROUPS_SHOWN: Final = 200


def issue_groups(issues: Sequence[Issue]) -> list[dict[str, Any]]:
    """Groups `severity file sheet column count expected example rows`, problems first, the commonest first; a row has `row`,
    `value` and the sentence in `zh` and `en`."""
    groups: dict[tuple[str, str, str, str, str], list[Issue]] = defaultdict(list)
    for issue in issues:
        groups[issue.severity, issue.file, issue.sheet or "", issue.column, issue.expected.code].append(issue)
    ranked = sorted(groups.items(), key=lambda item: (item[0][0] != "problem", -len(item[1])))
    return [
        {
            "severity": severity, "file": file, "sheet": sheet, "column": column, "count": len(members),
            "expected": in_both(members[0].expected)._asdict(), "example": members[0].example,
            "rows": [_row(issue) for issue in sorted(members, key=lambda issue: issue.row or 0)[:ROWS_SHOWN]],
        }
        for (severity, file, sheet, column, _), members in ranked[:GROUPS_SHOWN]
    ]  # fmt: skip


def _row(issue: Issue) -> dict[str, Any]:
    return {
        "row": issue.row, "value": issue.value[:MAX_LENGTH], "zh": issue_sentence(issue, "zh"), "en": issue_sentence(issue, "en"),
    }  # fmt: skip
