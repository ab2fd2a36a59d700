"""Coverage in sentences, for the command and the page."""

from __future__ import annotations

from features.messages import Message, message
from recommender.coverage.organization_coverage import Coverage, SourceTotal


def lead_sentences(coverage: Coverage) -> list[Message]:
    """Of what it is, and which schools are put together."""
    lead = [message("coverage.lead", name=coverage.name, schools=len(coverage.schools), as_of=coverage.as_of)]
    if coverage.teachers is not None:
        lead.append(message("coverage.lead_teachers", teachers=coverage.teachers))
    if coverage.small_schools:
        lead.append(message("coverage.small", n=coverage.small_schools))
    if not any(total.without for total in coverage.sources):
        lead.append(message("coverage.complete"))
    return lead


def source_sentence(total: SourceTotal) -> Message:
    """Share of teachers, newest date and schools without."""
    source = message(f"coverage.source_{total.source}")
    if total.share is None:
        return message("coverage.source_line_few", source=source, without=total.without)
    newest = total.newest or message("coverage.nothing")
    percent = round(100 * total.share)
    return message("coverage.source_line", source=source, percent=percent, newest=newest, without=total.without)


def cost_sentences(coverage: Coverage) -> list[Message]:
    """Reliability with and without each source, and what that means."""
    lines = [
        message(
            "coverage.cost_line", source=message(f"coverage.source_{total.source}"), present=cost.present, missing=cost.missing,
            difference=cost.present - cost.missing, error=cost.error,
        )
        for total in coverage.sources
        if (cost := total.cost) is not None
    ]  # fmt: skip
    return [*lines, message("coverage.cost_meaning")] if lines else [message("coverage.cost_none")]
