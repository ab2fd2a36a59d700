"""Every exception this project raises on purpose.

    RecommenderError            what went wrong and what to do next, in one line
    |-- DataError               the data say no: problems in the input, infeasible limits   (exit code 1)
    |-- UsageError              an unknown id, option or setting                            (exit code 2)
    |   |-- UnknownIdError      a teacher, school, course or district nobody knows
    |-- ReadError               a file, bundle or workspace that cannot be read             (exit code 3)
        |-- FileReadError       one input file as a whole
        |-- UntrustedBundle     a bundle whose hash or signature does not match

The upper layers map these to exit codes and HTTP problems; nothing else is caught there.
"""

from __future__ import annotations

import re
from typing import Any, Final

from features.messages import Message

CODE: Final = re.compile(r"[a-z_]+\.[a-z_]+")


class RecommenderError(Exception):
    """One line that says what is wrong and what to do next: a message code with its values, or a message."""

    exit_code = 3

    def __init__(self, what: Message | str, **values: Any) -> None:
        super().__init__(what, values)
        coded = isinstance(what, str) and CODE.fullmatch(what) is not None
        self.message: Message | str = Message(str(what), values) if coded else what

    def __str__(self) -> str:
        return str(self.message)


class DataError(RecommenderError):
    """The data were read and say no."""

    exit_code = 1


class UsageError(RecommenderError):
    """The caller asked for something that does not exist or cannot be meant."""

    exit_code = 2


class UnknownIdError(UsageError):
    """No teacher, school, course or district has this id."""


class ReadError(RecommenderError):
    """Something on disk cannot be read."""


class FileReadError(ReadError):
    """An input file cannot be read as a whole; the message names it."""


class UntrustedBundleError(ReadError):
    """The bytes of a bundle are not those that were signed."""
