"""Every exception this project raises on purpose.

    RecommenderError            what went wrong and what to do next, in one line
    |-- DataError               the data do not allow it: issues in the input, infeasible limits   (exit code 1)
    |-- UsageError              an unknown id, option or setting                                   (exit code 2)
    |   |-- UnknownIdError      no teacher, school, course or organization has this id
    |-- BusyError               too much is waiting already; later it is possible                  (exit code 3)
    |-- UnavailableError        the records cannot be read or written now; nothing was changed         (exit code 3)
    |-- StaleError              what the question is about was replaced by newer data              (exit code 3)
    |-- ReadError               a file, bundle or workspace that cannot be read                    (exit code 3)
        |-- FileReadError       one input file as a whole
        |-- UntrustedBundleError    a bundle whose hash or signature does not match

The upper layers map these to exit codes and HTTP problems; nothing else is caught there.
"""

from __future__ import annotations

import re
from typing import Any, Final

from features.messages import Message

CODE: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


class RecommenderError(Exception):
    """One line that says what is wrong and what to do next.

    what: the code of a message, its values as keywords; or a message; or plain text.
    """

    exit_code = 3

    def __init__(self, what: Message | str, **values: Any) -> None:
        super().__init__(what, values)
        coded = isinstance(what, str) and CODE.fullmatch(what) is not None
        self.message: Message | str = Message(str(what), values) if coded else what

    def __str__(self) -> str:
        return str(self.message)


class DataError(RecommenderError):
    """The data were read and do not allow what was requested."""

    exit_code = 1


class UsageError(RecommenderError):
    """The request names something that does not exist or contradicts itself."""

    exit_code = 2


class UnknownIdError(UsageError):
    """No teacher, school, course or organization has this id."""


class BusyError(RecommenderError):
    """Too much is waiting already. retry_after: seconds after which it makes sense to try again."""

    def __init__(self, what: Message | str, retry_after: int, **values: Any) -> None:
        super().__init__(what, **values)
        self.retry_after = retry_after


class UnavailableError(RecommenderError):
    """The database of the records cannot be used now, and nothing was changed. retry_after: seconds."""

    retry_after: Final = 5


class StaleError(RecommenderError):
    """The data, the diagnosis or the model that the question is about were replaced by newer ones."""


class ReadError(RecommenderError):
    """Something on disk cannot be read."""


class FileReadError(ReadError):
    """An input file cannot be read as a whole; the message names it."""


class UntrustedBundleError(ReadError):
    """The bytes of a bundle are not those that were signed."""
