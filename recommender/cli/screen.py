"""Output of commands: tables and sentences on stdout, JSON for scripts, progress on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from features.messages import Message
from recommender.data_age import DataAge
from recommender.diagnosis import Progress as Report
from recommender.text import in_both


def bilingual(code: str, separator: str = " / ", **values: Any) -> str:
    """A message in both languages, Chinese first."""
    return separator.join(text for text in in_both(Message(code, values)) if text)


CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
STRIPE: Final = bilingual("cli.simulated")


def columns(*names: str) -> list[str]:
    """Headers of a table by name."""
    return [bilingual(f"cli.column_{name}", " ") for name in names]



def printable(text: str) -> str:
    """A text whose control characters, marks that turn its direction and lone surrogates are escaped: cells and
    names of files may hold codes that a terminal obeys."""
    return CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def say(text: str) -> None:
    """Prints one line."""
    Console(soft_wrap=True, highlight=False).print(Text(printable(text)))


def say_age(age: DataAge, codes: Collection[str] = ()) -> None:
    """What is said of the age of the data, in both languages; of `codes` alone where there are some."""
    for text in age.sentences:
        if not codes or text.code in codes:
            say(" / ".join(in_both(text)))


def show(title: str, headers: Sequence[str], rows: Sequence[Sequence[object]], made_up: bool = False) -> None:
    """Prints a table; simulated data are marked under it."""
    table = Table(
        title=printable(title), caption=STRIPE if made_up else None, title_justify="left", caption_justify="left"
    )
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)


def emit(content: Any) -> None:
    """JSON alone on stdout."""
    text = json.dumps(content, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    # a lone surrogate, from a file's name that is no text, becomes its escape, which JSON has too
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


@contextmanager
def progress() -> Iterator[Report]:
    """A bar on stderr while the work lasts; on a file or pipe one line for each kind of work."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        printed: set[str] = set()

        def line(what: str, share: float) -> None:
            if what not in printed and share < 1.0:
                printed.add(what)
                console.print(Text(f"… {what}"))

        yield line
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("", total=1.0)

        def move(what: str, share: float) -> None:
            bars.update(task, description=what, completed=share)

        yield move
