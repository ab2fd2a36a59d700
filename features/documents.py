"""JSON and TOML within limits: every document is read here, and whatever is wrong with one is a DocumentError.

Both become an object of plain values: at most MAX_DEPTH levels deep, keys once each, numbers finite, integers of 64
bits, texts that can be written as UTF-8. The parsers of the standard library guarantee none of these.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar

from features.errors import ReadError

MAX_JSON: Final = 16_000_000  # bytes
MAX_TOML: Final = 1_000_000  # bytes
MAX_DEPTH: Final = 64
INT64: Final = 1 << 63
_DIGITS: Final = 19  # of an integer of 64 bits
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_QUOTED: Final = re.compile(r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*""")
_DOTTED: Final = re.compile(rf"(?:\.[^.,=\[\]{{}}\n]*){{{MAX_DEPTH}}}")
Value = TypeVar("Value")


class DocumentError(ReadError):
    """A JSON or TOML document that cannot be used; the message is the reason, without the file's name."""


class UnparsedDocumentError(DocumentError):
    """A document that was not parsed: no such file, no regular one, no permission, too large, no UTF-8."""


class MissingDocumentError(UnparsedDocumentError):
    """There is no such file."""


def read_json(path: Path, max_bytes: int = MAX_JSON) -> dict[str, Any]:
    """The object in a JSON file. Raises DocumentError."""
    return parse_json(read_bytes(path, max_bytes), max_bytes)


def read_toml(path: Path) -> dict[str, Any]:
    """The object in a TOML file. Raises DocumentError."""
    return parse_toml(read_bytes(path, MAX_TOML))


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Content of a regular file. Raises UnparsedDocumentError."""
    try:
        # not blocking: opening a pipe would wait for somebody to write into it
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnparsedDocumentError("documents.not_a_regular_file")
            data = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise MissingDocumentError("documents.missing") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise UnparsedDocumentError("documents.cannot_be_opened", error=reason) from error
    if len(data) > max_bytes:
        raise UnparsedDocumentError("documents.too_large", limit=max_bytes)
    return data


def parse_json(data: bytes, max_bytes: int = MAX_JSON) -> dict[str, Any]:
    """The object in a JSON text. Raises DocumentError."""
    text = _text(data, max_bytes)
    content = _parsed(
        lambda: json.loads(
            text, parse_int=_integer, parse_float=_float, parse_constant=_constant, object_pairs_hook=_object
        )
    )
    if not isinstance(content, dict):
        raise DocumentError("documents.not_an_object")
    _check_depth(content)
    if _SURROGATE.search(text):
        _check_writable(content)
    return content


def parse_toml(data: bytes | str) -> dict[str, Any]:
    """The object in a TOML text. Raises DocumentError."""
    text = _text(data, MAX_TOML)
    if _DOTTED.search(_QUOTED.sub("''", text)):  # the time that a dotted key takes grows as its square
        raise DocumentError("documents.too_deep", limit=MAX_DEPTH)
    content: dict[str, Any] = _parsed(lambda: tomllib.loads(text))
    _check_depth(content)
    _check_numbers(content)
    return content


def value_of(content: dict[str, Any], key: str, kind: type[Value]) -> Value:
    """A key of an object that must be there and be of this kind. Raises DocumentError."""
    value = content.get(key)
    if not isinstance(value, kind):
        raise DocumentError("documents.wrong_value", key=key, kind=kind.__name__)
    return value


def _text(data: bytes | str, max_bytes: int) -> str:
    try:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > max_bytes:
            raise UnparsedDocumentError("documents.too_large", limit=max_bytes)
        return raw.decode("utf-8-sig")
    except UnicodeError as error:
        raise UnparsedDocumentError("documents.not_utf8", position=getattr(error, "start", 0)) from error


def _parsed(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except RecursionError as error:
        raise DocumentError("documents.too_deep", limit=MAX_DEPTH) from error
    except ValueError as error:
        raise DocumentError("documents.invalid", error=_short(str(error))) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise DocumentError("documents.repeated_key", key=ascii(_short(repeated)))
    return content


def _integer(text: str) -> int:
    if len(text) > _DIGITS + 1 or not -INT64 <= (number := int(text)) < INT64:
        raise DocumentError("documents.number_too_large", number=_short(text))
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise DocumentError("documents.number_too_large", number=_short(text))
    return number


def _constant(text: str) -> Any:
    raise DocumentError("documents.not_finite", number=text)


def _check_depth(content: Any) -> None:
    level: list[Any] = [content]
    for _ in range(MAX_DEPTH):
        level = [item for part in level for item in _items(part) if isinstance(item, dict | list)]
        if not level:
            return
    raise DocumentError("documents.too_deep", limit=MAX_DEPTH)


def _check_numbers(part: Any) -> None:
    for item in _items(part):
        if isinstance(item, dict | list):
            _check_numbers(item)
        elif isinstance(item, float) and not math.isfinite(item):
            raise DocumentError("documents.not_finite", number=str(item))
        elif isinstance(item, int) and not -INT64 <= item < INT64:
            raise DocumentError("documents.number_too_large", number=_short(hex(item)))


def _check_writable(content: Any) -> None:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DocumentError("documents.lone_surrogate") from error


def _items(part: Any) -> Iterable[Any]:
    return part.values() if isinstance(part, dict) else part


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
