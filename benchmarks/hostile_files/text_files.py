"""CSV files, plain and gzipped, that are hostile or badly damaged: name -> content."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator

Content = Callable[[], bytes]
HEADER = "教师编号,学校编号,角色,学段,学科\n"
ROWS = "".join(f"T{i},S1,teacher,primary,数学\n" for i in range(50))
SOUND = (HEADER + ROWS).encode()


def csv_files() -> Iterator[tuple[str, Content]]:
    """Files to be named NAME.csv."""
    yield from _shapes()
    yield from _encodings()
    yield from _cells()


def gzip_files() -> Iterator[tuple[str, Content]]:
    """Files to be named NAME.csv.gz."""
    zeros, lines, commas = bytes(10_000_000), b"\n" * 10_000_000, b"," * 10_000_000
    for name, block in (("zeros", zeros), ("blank lines", lines), ("commas", commas)):
        yield f"gzip bomb of {name}", lambda block=block: gzip.compress(block, 9) * 200  # type: ignore[misc]
    yield "gzip bomb of rows", lambda: gzip.compress(SOUND + b"T,S1,teacher,primary,x\n" * 400_000, 9) * 200
    yield "gzip of a gzip", lambda: gzip.compress(gzip.compress(SOUND))
    yield "gzip cut short", lambda: gzip.compress(SOUND)[:-40]
    yield "gzip with a wrong checksum", lambda: gzip.compress(SOUND)[:-8] + bytes(8)
    yield "gzip with rubbish behind", lambda: gzip.compress(SOUND) + b"rubbish" * 100
    yield "gzip that is none", lambda: SOUND
    yield "gzip of nothing", lambda: b""
    yield "gzip of 20,000 empty members", lambda: gzip.compress(b"") * 20_000
    yield "gzip with a wrong method", lambda: b"\x1f\x8b\x07" + gzip.compress(SOUND)[3:]
    yield "gzip with an endless name", lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 3_000_000
    yield "gzip that is zlib", lambda: zlib.compress(SOUND)


def _shapes() -> Iterator[tuple[str, Content]]:
    for count in (20_000, 200_000, 2_000_000):
        yield f"a header of {count} columns", lambda count=count: b"," * count + b"\n1\n"  # type: ignore[misc]
        yield f"a row of {count} cells", lambda count=count: b"a,b\n" + b"1," * count + b"\n"  # type: ignore[misc]
    yield "2,000 rows of 16,000 empty cells", lambda: (b"," * 15_999 + b"\n") * 200
    yield "1,000,000 blank lines", lambda: b"\n" * 1_000_000
    yield "1,000,000 carriage returns", lambda: b"\r" * 1_000_000
    yield "2,000,000 rows of one comma", lambda: b",\n" * 2_000_000
    yield "a header after 300,000 blank lines", lambda: b"\n" * 300_000 + SOUND
    yield "an open quote", lambda: SOUND + b'"' + b"x,\n" * 1_000_000
    yield "quotes only", lambda: b'"' * 3_000_001
    yield "quotes and commas", lambda: b'",' * 1_000_000
    yield "quoted line ends", lambda: b'a,b\n"' + b"\n" * 2_000_000 + b'",1\n'
    yield "rows that grow", lambda: b"\n".join(b"1," * i for i in range(2_000))
    yield "a cell of 20 MB", lambda: b"a,b\n" + b"x" * 20_000_000 + b",1\n"
    yield "a header of 5 MB", lambda: b"x" * 1_000_000 + b",b\n1,2\n"
    yield "cells of 90 KB", lambda: b"a,b\n" + (b"x" * 90_000 + b",1\n") * 50
    yield "nothing", lambda: b""
    yield "spaces", lambda: b" \t \n" * 1000
    yield "a header alone", lambda: HEADER.encode()
    yield "the header 5,000 times in one row", lambda: (HEADER.strip() + ",").encode() * 1_000 + b"\n1\n"


def _encodings() -> Iterator[tuple[str, Content]]:
    yield "UTF-16", lambda: SOUND.decode().encode("utf-16")
    yield "UTF-16 without a mark", lambda: SOUND.decode().encode("utf-16-be")
    yield "UTF-32", lambda: SOUND.decode().encode("utf-32")
    yield "UTF-7", lambda: SOUND.decode().encode("utf-7")
    yield "a mark alone", lambda: codecs.BOM_UTF8
    yield "ten marks", lambda: codecs.BOM_UTF8 * 10 + SOUND
    yield "all bytes", lambda: bytes(range(256)) * 1000
    yield "bytes above ASCII", lambda: bytes(range(128, 256)) * 5000
    yield "null characters", lambda: b"\0" * 3_000_000
    yield "one null character", lambda: SOUND + b"T\0,S1\n"
    yield "overlong UTF-8", lambda: SOUND + b"\xc0\xaf\xe0\x80\xaf,S1\n"
    yield "surrogates in UTF-8", lambda: SOUND + b"\xed\xa0\x80\xed\xbf\xbf,S1\n"
    yield "one wrong byte in UTF-8", lambda: SOUND.replace("数".encode(), b"\xe6\x95\xff", 1)
    yield "half a character at the end", lambda: SOUND + b"T,S1,teacher,primary,\xe6\x95"
    yield "GB18030 cut in a character", lambda: SOUND.decode().encode("gb18030")[:-2]
    yield "two encodings", lambda: SOUND + SOUND.decode().encode("gb18030")
    yield "a zip", lambda: b"PK\x03\x04" + bytes(range(256)) * 100
    yield "a program", lambda: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 100


def _cells() -> Iterator[tuple[str, Content]]:
    wide = HEADER.strip() + ",入职日期,出生年份\n"
    for name, cells in {
        "huge exponents": "1e999999999,1e999999999",
        "5,000 digits": f"{'9' * 5000},{'9' * 5000}",
        "days no calendar has": "9999-99-99,0",
        "years beyond": "99999,-1e308",
        "full-width digits": "２０１５－０９－０１,１９８０",
        "formulas": "=cmd|' /C calc'!A0,@SUM(1+1)",
        "terminal codes": "\x1b[2J\x1b]0;x\x07,\x9b31m",
        "right-to-left marks": "\u202e2015-09-01\u202c,\u2066",
        "combining marks": "e" + "\u0301" * 3000 + ",a",
        "nan and inf": "nan,inf",
        "html": "<script>alert(1)</script>,'><img src=x>",
        "format signs": "{0.__class__},%s%n",
    }.items():
        rows = "".join(f"T{i},S1,teacher,primary,数学,{cells}\n" for i in range(30))
        yield f"cells with {name}", lambda rows=rows: (wide + rows).encode()  # type: ignore[misc]
    yield "one teacher 300,000 times", lambda: HEADER.encode() + b"T1,S1,teacher,primary,x\n" * 300_000
    yield "10,000 rows with problems", lambda: HEADER.encode() + b",,x,y,z\n" * 10_000
