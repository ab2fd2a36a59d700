"""The encoding of a text file, by evidence: a byte-order mark, validity, and how plausible its characters are."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import Final, NamedTuple

from features.errors import FileReadError
from features.messages import Message, message
from features.sources.read.plausibility import evidence, of_one_script

# at equal evidence the first counts
CANDIDATES: Final = ("gb18030", "big5", "big5hkscs", "cp932", "cp949", "cp1252", "cp1254", "cp1250", "cp1251")
NAMES: Final = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "gb18030": "GB18030", "big5": "Big5",
    "big5hkscs": "Big5-HKSCS", "cp932": "Shift-JIS (cp932)", "cp949": "EUC-KR (cp949)",
    "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1254": "Windows-1254", "cp1251": "Windows-1251",
}  # fmt: skip
CHUNK: Final = 1 << 20
SAMPLE: Final = 1 << 16  # bytes of lines beyond ASCII that are evidence
RARE_NAMES: Final = (
    -0.3
)  # evidence a byte with which a file of rare characters is still GB18030, the usual one
USUAL_ENCODING: Final = 1.0  # prior evidence for GB18030, in which offices save
FEW: Final = 400  # bytes of a sample that may be valid in two encodings by chance
LOST_BYTE: Final = 2.0  # evidence against UTF-8 of a byte that is not
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]")


class Decoded(NamedTuple):
    """The text of a file in UTF-8, without its byte-order mark; notes on how it was read."""

    data: bytes
    notes: tuple[Message, ...] = ()


def decode(file: str, data: bytes, encoding: str | None = None) -> Decoded:
    """The text of a file. Without `encoding` the most plausible is taken, with a note unless it is certain.

    Bytes that are not of the encoding become U+FFFD where the rest of the file is UTF-8: cells that hold it
    cannot be read. Raises FileReadError for binary data, where no encoding is plausible, and where the file is
    not in the `encoding` given.
    """
    mark, marked = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", None))
    body = data[len(mark) :]
    if encoding is not None:
        # utf-16 stands for either byte order, and a mark says which
        marked_so = marked is not None and codecs.lookup(encoding).name.startswith(marked[:6].rstrip("-"))
        return Decoded(
            _transcoded(file, body, str(marked)) if marked_so else _transcoded(file, data, encoding)
        )
    if marked is not None:
        return _with_losses(body) if marked == "utf-8" else Decoded(_transcoded(file, body, marked))
    if b"\0" in data:
        wide = _utf16(data)
        if wide is None:
            raise FileReadError("sources.binary_csv", file=file)
        return Decoded(_transcoded(file, data, wide), (_note(wide),))
    return _as_utf8(file, data)


def _transcoded(file: str, data: bytes, encoding: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        row = data[:start].decode(encoding, "replace").count("\n") + 1
        name = NAMES.get(encoding, encoding)
        raise FileReadError("sources.not_in_encoding", file=file, encoding=name, row=row) from error
    if "\0" in text:
        raise FileReadError("sources.binary_csv", file=file)
    return text.encode("utf-8", "replace")


def _as_utf8(file: str, data: bytes) -> Decoded:
    if data.isascii():
        return Decoded(data)
    sample = _sample(data)
    if _is_valid_utf8(data):
        return (
            Decoded(data.decode("gb18030").encode(), (_note("gb18030"),))
            if _valid_by_chance(sample)
            else Decoded(data)
        )
    text = sample.decode("utf-8", "replace")
    lost = text.count("\ufffd") - sample.count("\ufffd".encode())
    scores = {"utf-8": evidence(text.replace("\ufffd", ""), "utf-8") - LOST_BYTE * lost}
    for candidate in CANDIDATES:
        try:
            prior = USUAL_ENCODING if candidate == "gb18030" else 0.0
            scores[candidate] = prior + evidence(sample.decode(candidate), candidate)
        except UnicodeDecodeError:
            continue
    for best in sorted(scores, key=lambda candidate: -scores[candidate]):
        if scores[best] <= (RARE_NAMES * len(sample) if best == "gb18030" else 0):
            continue
        if best == "utf-8":
            return _with_losses(data)
        try:
            return Decoded(data.decode(best).encode(), (_note(best),))
        except UnicodeError:
            continue
    raise FileReadError("sources.csv_encoding", file=file)


def _with_losses(data: bytes) -> Decoded:
    """UTF-8 with U+FFFD for bytes that are not, and a note that counts them."""
    if _is_valid_utf8(data):
        return Decoded(data)
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd") - data.count("\ufffd".encode())
    return Decoded(text.encode(), (message("sources.lost_bytes", count=lost),))


def _is_valid_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _valid_by_chance(sample: bytes) -> bool:
    """Whether a few GB18030 ideographs happen to be pairs of UTF-8, such as those of 学校."""
    if not sample or len(sample) > FEW or re.search(rb"[\xe0-\xff]", sample):
        return False
    try:
        other = evidence(sample.decode("gb18030"), "gb18030")
    except UnicodeDecodeError:
        return False
    text = sample.decode()
    return other > evidence(text, "utf-8") + of_one_script(text) + 2


def _sample(data: bytes) -> bytes:
    """The first lines with bytes beyond ASCII; the time grows with the length of a line, not with its square."""
    lines, size, end = [], 0, 0
    while size <= SAMPLE and (match := _BEYOND_ASCII.search(data, end)):
        start = data.rfind(b"\n", end, match.start()) + 1 or end
        end = data.find(b"\n", match.start()) + 1 or len(data)
        lines.append(data[start:end])
        size += end - start
    return b"".join(lines)


def _utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: the byte order in which most characters are ASCII; None for binary data."""
    if len(data) % 2:
        return None
    order = max(("utf-16-le", "utf-16-be"), key=lambda name: _ascii_share(data, name))
    return order if _ascii_share(data, order) > 0 else None


def _ascii_share(data: bytes, encoding: str) -> float:
    """The share of characters that are ASCII; 0 where the bytes are not lines of text in the encoding."""
    try:
        text = data[: SAMPLE & ~1].decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return 0.0
        text = data[: error.start].decode(encoding)
    categories = {unicodedata.category(c) for c in set(text) - set("\t\r\n\x0c")}
    if "\n" not in text.replace("\r", "\n") or categories & {"Cc", "Cn", "Co", "Cs"}:
        return 0.0
    return sum(c < "\x7f" for c in text) / len(text)


def _note(encoding: str) -> Message:
    return message("sources.encoding_taken", encoding=NAMES[encoding])
