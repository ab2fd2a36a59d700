"""Errors of a command line that Typer cannot read, as messages.

Typer's sentences are English; the frequent ones have Chinese words here, any other stays English.
"""

from __future__ import annotations

from typing import Any, Final

import typer

from features.messages import BilingualText, Message, message
from recommender.text import render

# where this class comes from depends on the version of Typer
CommandLineError: Final[Any] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def is_help(error: Any) -> bool:
    """Whether this is no error but the help of a command without arguments."""
    return type(error).__name__ == "NoArgsIsHelpError"


def read_error(error: Any) -> BilingualText:
    """The sentence of an error of the command line, without a full stop. The English one is Typer's own."""
    english = str(error.format_message()).rstrip(".")
    sentence = _sentence(error)
    return BilingualText(english if sentence is None else render(sentence, "zh"), english)


def _sentence(error: Any) -> Message | None:
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return message("cli.no_such_option", option=error.option_name)
    if kind == "MissingParameter" and error.param is not None:
        return message("cli.missing_parameter", parameter=_name(error.param))
    if kind == "BadParameter" and error.param is not None:
        detail = error.message.rstrip(".")  # Typer's own, which names the value and what is allowed
        return message("cli.bad_parameter", parameter=_name(error.param), detail=detail)
    if kind == "UsageError" and error.message.startswith("No such command"):
        return message("cli.no_such_command", command=error.message.split("'")[1])
    return None


def _name(parameter: Any) -> str:
    """--top; PATH..."""
    return " / ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.metavar or parameter.name
