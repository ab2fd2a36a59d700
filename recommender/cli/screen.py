"""What commands print: tables and sentences on stdout for people, JSON for scripts, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from recommender.diagnosis import Progress as Report

STRIPE = "模拟数据,非真实 / Simulated data, not real"


def say(text: str) -> None:
    """One line for a person, exactly as it is."""
    Console(soft_wrap=True, highlight=False).print(Text(text))


def show(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]], made_up: bool = False) -> None:
    """A table for people; made-up data say so under it."""
    table = Table(
        title=title, caption=STRIPE if made_up else None, title_justify="left", caption_justify="left"
    )
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)


def emit(content: Any) -> None:
    """JSON alone on stdout."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1, default=str, allow_nan=False) + "\n")


@contextmanager
def progress() -> Iterator[Report]:
    """A bar on stderr while the work lasts; on a file or pipe one line for each kind of work."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        told: set[str] = set()

        def line(what: str, share: float) -> None:
            if what not in told and share < 1.0:
                told.add(what)
                console.print(Text(f"… {what}"))

        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=1.0)

        def move(what: str, share: float) -> None:
            bars.update(task, description=what, completed=share)

        yield move
