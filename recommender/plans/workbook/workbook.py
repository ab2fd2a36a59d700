"""The sheets of a plan's workbook in their order."""

from __future__ import annotations

from pathlib import Path

from recommender.plans.plan_record import PlanRecord
from recommender.plans.workbook.book import Book
from recommender.plans.workbook.course_sheets import write_lines, write_people, write_schools
from recommender.plans.workbook.frontier_sheet import write_frontiers
from recommender.plans.workbook.limit_sheet import write_limits
from recommender.plans.workbook.note_sheets import write_brief, write_notes, write_sources
from recommender.plans.workbook.summary_sheet import write_summary


def write_workbook(path: Path, record: PlanRecord, names: bool = True) -> None:
    """Writes `path`, part of a folder that is moved into place as a whole; without `names` nobody is named."""
    book = Book(path, record)
    try:
        write_summary(book)
        if record.summary.status != "infeasible":
            write_lines(book)
            write_schools(book)
            if names:
                write_people(book)
        write_limits(book)
        if record.tables.frontier:
            write_frontiers(book)
        write_brief(book)
        write_sources(book)
        write_notes(book)
    finally:
        book.book.close()
