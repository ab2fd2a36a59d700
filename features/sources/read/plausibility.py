"""How plausible the characters of a decoded text are: evidence for or against an encoding.

Many byte sequences are valid in several encodings, so validity decides little. A wrong decoding gives itself away
by what it yields: rare characters, private-use characters, ideographs within Latin words, accents where a word
has no letters of its own. Each character adds evidence, a number near its log-likelihood ratio against noise.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

COMMON: Final = 2.2  # an ideograph that every office writes
USUAL: Final = 1.0  # of the first level of its standard
RARE: Final = -0.5  # of the second level
FOREIGN: Final = -2.0  # of another script than the encoding is for
IMPOSSIBLE: Final = -6.0  # private use, controls
_WORD: Final = re.compile(r"[^\W\d_]+")
_TYPOGRAPHY: Final = frozenset("«»“”„‘’‚–—…€°§ªº·•™®©№")
_IN_LATIN_WORD: Final = re.compile(
    r"(?<=[a-z])[\u3400-\u9fff\uac00-\ud7a3]|[\u3400-\u9fff\uac00-\ud7a3](?=[a-z])"
)


def evidence(text: str, encoding: str) -> float:
    """The evidence of a text's characters beyond ASCII that it was decoded by the right encoding."""
    if encoding in _SINGLE_BYTE:
        return sum(_of_single_bytes(text, _SINGLE_BYTE[encoding]))
    value = _OF_CHARACTER[encoding]
    counts = Counter(character for character in text if character > "\x7f")
    return sum(n * value(c) for c, n in counts.items()) - 1.5 * len(_IN_LATIN_WORD.findall(text))


def of_one_script(text: str) -> float:
    """The evidence that a text's words beyond ASCII are words of some alphabet: one script each, regular case."""
    total = 0.0
    for word in _WORD.findall(text):
        beyond = [letter for letter in word if letter > "\x7f"]
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        regular = len(scripts) == 1 and (_has_regular_case(word) or word.lower() == word.upper())
        total += len(beyond) if regular else -len(beyond)
    return total


def _has_regular_case(word: str) -> bool:
    return word.islower() or word.isupper() or word[1:].islower()


def _of_single_bytes(text: str, script: str) -> Iterator[float]:
    """Words of letters: of the script alone, or Latin ones with some accents; and signs."""
    for word in _WORD.findall(text):
        beyond = [letter for letter in word if letter > "\x7f"]
        if beyond:
            yield len(beyond) * _of_word(word, beyond, script)
    for sign, n in Counter(c for c in text if c > "\x7f" and not c.isalpha()).items():
        yield n * (0.2 if sign in _TYPOGRAPHY or sign == "\xa0" else _general(sign, -1.0))


def _of_word(word: str, beyond: list[str], script: str) -> float:
    """The evidence of each of a word's letters beyond ASCII."""
    regular = _has_regular_case(word)
    if script == "CYRILLIC":
        own = all("\u0410" <= letter <= "\u044f" or letter in "ЁёЄєІіЇї" for letter in word)
        return 0.75 if own and regular and len(word) > 1 else -1.0
    if not regular or not all(unicodedata.name(c, "").startswith("LATIN") for c in beyond):
        return -1.0
    if len(beyond) == len(word):
        return 0.2 if len(word) == 1 else -1.0
    if any(letter in "þðÞÐ¹²³" for letter in beyond):
        return (
            0.0  # letters of Icelandic alone; other tongues have theirs at the same bytes in another encoding
        )
    return 1.2 if 2 * len(beyond) <= len(word) + 1 else 0.0


def _general(character: str, other: float) -> float:
    """What holds in every encoding: private use and controls are impossible, spaces say nothing."""
    category = unicodedata.category(character)
    if category in ("Co", "Cc", "Cn", "Cs") or character == "\ufffd":
        return IMPOSSIBLE
    return 0.0 if category == "Zs" else other


def _ideograph(character: str, codec: str, usual: range) -> float:
    """By the level of its standard, as its first byte says."""
    if character in _common():
        return COMMON
    try:
        code = character.encode(codec)
    except UnicodeEncodeError:
        return FOREIGN
    return (USUAL if code[0] in usual else RARE) if len(code) == 2 else FOREIGN


def _simplified(character: str) -> float:
    if _is_ideograph(character):
        return _ideograph(character, "gb2312", range(0xB0, 0xD8))
    return _general(character, 0.5 if _is_cjk_sign(character) else FOREIGN)


def _traditional(character: str) -> float:
    if _is_ideograph(character):
        return _ideograph(character, "big5", range(0xA4, 0xC7))
    return _general(character, 0.5 if _is_cjk_sign(character) else FOREIGN)


def _japanese(character: str) -> float:
    if "\u3041" <= character <= "\u30ff":
        return 1.6
    if _is_ideograph(character):
        return min(_ideograph(character, "shift_jis", range(0x88, 0x99)), 1.2)
    return _general(character, 0.5 if _is_cjk_sign(character) else FOREIGN)


def _korean(character: str) -> float:
    if "\uac00" <= character <= "\ud7a3":
        return _ideograph(character, "euc_kr", range(0xB0, 0xC9)) * 1.5
    if _is_ideograph(character):
        return -1.5
    return _general(character, 0.5 if _is_cjk_sign(character) else FOREIGN)


def _any_script(character: str) -> float:
    """For UTF-8, whose sequences are evidence by themselves."""
    return _general(character, float(len(character.encode("utf-8", "replace")) - 1))


def _is_ideograph(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"


def _is_cjk_sign(character: str) -> bool:
    return "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e" or character in _TYPOGRAPHY


@cache
def _common() -> frozenset[str]:
    text = files("features.sources.read").joinpath("common_characters.txt").read_text("utf-8")
    return frozenset("".join(text.split()))


_OF_CHARACTER: Final[Mapping[str, Callable[[str], float]]] = {
    "utf-8": _any_script,
    "gb18030": _simplified,
    "big5": _traditional,
    "big5hkscs": _traditional,
    "shift_jis": _japanese,
    "cp932": _japanese,
    "cp949": _korean,
}
_SINGLE_BYTE: Final = {"cp1252": "LATIN", "cp1250": "LATIN", "cp1254": "LATIN", "cp1251": "CYRILLIC"}
