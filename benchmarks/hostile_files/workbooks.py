"""Workbooks made part by part, as no spreadsheet program writes them: name -> content of an .xlsx file."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping

Content = Callable[[], bytes]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
BOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"
CELLS = '<row r="1"><c r="A1" t="inlineStr"><is><t>教师编号</t></is></c><c r="B1"><v>1</v></c></row>'
BILLION = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in zip("abcdefghi", "bcdefghij", strict=True)
) + "]>"  # fmt: skip


def workbook(rows: str = CELLS, sheet: str = SHEET, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A workbook with these rows of one sheet; `parts` replace or add others."""
    target = sheet.removeprefix("xl/")
    links = (
        ("r1", "worksheet", target),
        ("r2", "sharedStrings", "sharedStrings.xml"),
        ("r3", "styles", "styles.xml"),
    )
    contents: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _links(("r1", "officeDocument", BOOK)),
        BOOK: _book('<sheet name="teachers" sheetId="1" r:id="r1"/>'),
        LINKS: _links(*links),
        sheet: _sheet(rows),
    }
    return packed(contents | dict(parts or {}))


def packed(contents: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbooks() -> Iterator[tuple[str, Content]]:
    """All of them."""
    yield from _far_cells()
    yield from _parts()
    yield from _cells()
    yield from _archives()


def _far_cells() -> Iterator[tuple[str, Content]]:
    far = {
        "far cell": '<c r="XFD1048576"><v>1</v></c>',
        "far cell in single quotes": "<c r='XFD1048576'><v>1</v></c>",
        "far cell with spaces": '<c r = "XFD1048576" ><v>1</v></c>',
        "far cell after a line end": '<c\nr\n=\n"XFD1048576"><v>1</v></c>',
        "far cell with leading zeros": '<c r="XFD00000000001048576"><v>1</v></c>',
        "far cell in lower case": '<c r="xfd1048576"><v>1</v></c>',
        "far cell as an entity": '<c r="&#88;FD1048576"><v>1</v></c>',
        "far cell with a prefix": '<x:c r="XFD1048576"><x:v>1</x:v></x:c>',
        "far cell beyond a sheet": '<c r="ZZZ999999999"><v>1</v></c>',
        "far cell beyond 32 bits": '<c r="ZZZZZZZ4294967295"><v>1</v></c>',
        "far cell with dollars": '<c r="$XFD$1048576"><v>1</v></c>',
    }
    for name, cell in far.items():
        row = f'<row r="1">{cell}</row>'
        yield name, lambda row=row: workbook(CELLS + row)  # type: ignore[misc]
    yield "far row with a bare r", lambda: workbook(CELLS + "<row r=1048576><c r=XFD1048576><v>1</v></c></row>")
    yield (
        "far row without r of cells",
        lambda: workbook(CELLS + '<row r="1048576">' + "<c><v>1</v></c>" * 3000 + "</row>"),
    )
    yield (
        "far row with leading zeros",
        lambda: workbook(CELLS + '<row r="0000001048576">' + "<c><v>1</v></c>" * 9 + "</row>"),
    )
    yield (
        "far rows of a few cells",
        lambda: workbook("".join(f'<row r="{r}"><c r="A{r}"><v>1</v></c></row>' for r in range(1, 300_000, 50_000))),
    )
    yield (
        "far cell in a sheet elsewhere",
        lambda: workbook(CELLS + f'<row r="1">{far["far cell"]}</row>', "xl/other/sheet1.xml"),
    )
    yield "far cell in UTF-16", lambda: workbook(parts={SHEET: _sheet(CELLS + far["far cell"]).encode("utf-16")})
    yield (
        "a dimension of a whole sheet",
        lambda: workbook(parts={SHEET: _sheet(CELLS, '<dimension ref="A1:XFD1048576"/>')}),
    )
    yield (
        "a dimension beyond a sheet",
        lambda: workbook(parts={SHEET: _sheet(CELLS, '<dimension ref="A1:ZZZZ4294967295"/>')}),
    )
    yield "a million rows without cells", lambda: workbook("<row/>" * 1_000_000)
    yield "rows of 16,384 cells", lambda: workbook(("<row>" + "<c/>" * 16_384 + "</row>") * 60)


def _parts() -> Iterator[tuple[str, Content]]:
    for count in ("4294967295", "18446744073709551615", "999999999999", "-1", "x"):
        strings = f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}"><si><t>a</t></si></sst>'
        yield f"uniqueCount {count}", lambda strings=strings: workbook(parts={STRINGS: strings})  # type: ignore[misc]
    empty = f'<sst xmlns="{MAIN}">' + "<si/>" * 3_000_000 + "</sst>"
    yield "3,000,000 empty shared texts", lambda: workbook(parts={STRINGS: empty})
    formats = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs count="4294967295">' + "<xf/>" * 1_000_000 + "</cellXfs></styleSheet>"
    )
    yield "1,000,000 styles", lambda: workbook(parts={"xl/styles.xml": formats})
    yield (
        "5,000 sheets",
        lambda: workbook(
            parts={
                "xl/workbook.xml": _book(
                    "".join(f'<sheet name="s{i}" sheetId="{i}" r:id="r1"/>' for i in range(5000))
                )
            }
        ),
    )
    yield (
        "a sheet name of 100,000 characters",
        lambda: workbook(parts={"xl/workbook.xml": _book(f'<sheet name="{"x" * 100_000}" sheetId="1" r:id="r1"/>')}),
    )
    yield "no sheet", lambda: workbook(parts={"xl/workbook.xml": _book("")})
    yield (
        "a sheet without its part",
        lambda: workbook(parts={"xl/workbook.xml": _book('<sheet name="teachers" sheetId="1" r:id="r9"/>')}),
    )
    yield (
        "a sheet outside the archive",
        lambda: workbook(parts={LINKS: _links(("r1", "worksheet", "../../../etc/passwd"))}),
    )
    for name, part in (("workbook", BOOK), ("sheet", SHEET), ("shared texts", STRINGS)):
        content = BILLION + f'<workbook xmlns="{MAIN}">&j;</workbook>'
        yield (
            f"a thousand million laughs in the {name}",
            lambda part=part, content=content: workbook(parts={part: content}),
        )  # type: ignore[misc]
        deep = "<a>" * 300_000
        yield f"300,000 levels in the {name}", lambda part=part, deep=deep: workbook(parts={part: deep})  # type: ignore[misc]
        closed = "<a>" * 100_000 + "</a>" * 100_000
        yield f"100,000 closed levels in the {name}", lambda part=part, closed=closed: workbook(parts={part: closed})  # type: ignore[misc]
        yield f"nothing in the {name}", lambda part=part: workbook(parts={part: ""})  # type: ignore[misc]
        yield (
            f"unknown encoding of the {name}",
            lambda part=part: workbook(parts={part: '<?xml version="1.0" encoding="klingon"?><a/>'}),
        )  # type: ignore[misc]
    yield (
        "1,000,000 merged areas",
        lambda: workbook(
            parts={
                SHEET: _sheet(
                    CELLS, after="<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 300_000 + "</mergeCells>"
                )
            }
        ),
    )


def _cells() -> Iterator[tuple[str, Content]]:
    for name, cells in {
        "a shared text out of range": '<c r="A2" t="s"><v>4294967295</v></c>',
        "a negative shared text": '<c r="A2" t="s"><v>-1</v></c>',
        "a style out of range": '<c r="A2" s="4294967295"><v>1</v></c>',
        "numbers beyond": '<c r="A2"><v>1e400</v></c><c r="B2"><v>-1e400</v></c>',
        "row 0": '<c r="A0"><v>1</v></c>',
        "column 0": '<c r="2"><v>1</v></c>',
        "letters behind digits": '<c r="2A"><v>1</v></c>',
        "a signed row": '<c r="A-1"><v>1</v></c>',
        "an unknown kind": '<c r="A2" t="q"><v>1</v></c>',
        "a date beyond": '<c r="A2" t="d"><v>99999-99-99T99:99:99</v></c>',
        "a text of 30 MB": f'<c r="A2" t="str"><v>{"x" * 30_000_000}</v></c>',
        "descending rows": "".join(f'<c r="A{r}"><v>1</v></c>' for r in range(1000, 1, -1)),
        "comments": "<!--" + "x" * 100_000 + "--><c/>",
        "an unclosed section": "<![CDATA[" + "x" * 1000,
        "10,000 attributes": "<c " + " ".join(f'a{i}="1"' for i in range(10_000)) + "/>",
        "one attribute 1,000 times": "<c " + 'r="A1" ' * 1_000 + "/>",
    }.items():
        yield name, lambda cells=cells: workbook(CELLS + f"<row>{cells}</row>")  # type: ignore[misc]


def _archives() -> Iterator[tuple[str, Content]]:
    sound = workbook()
    yield "a zip bomb", lambda: workbook(parts={"xl/media/a.bin": bytes(200_000_000)})
    yield "a sheet that unpacks to 200 MB", lambda: workbook(" " * 200_000_000)
    yield "a workbook cut short", lambda: sound[:-100]
    yield "half a workbook", lambda: sound[: len(sound) // 2]
    yield "a zip without parts", lambda: packed({})
    yield "a zip of something else", lambda: packed({"a.txt": "a"})
    yield "100,000 empty parts", lambda: workbook(parts={f"x/{i}": "" for i in range(20_000)})
    yield "a part of 4 GB as announced", lambda: _announced(sound, 0xFFFFFFFE)
    yield "a part of 10 bytes as announced", lambda: _announced(sound, 10)
    yield (
        "an encrypted workbook",
        lambda: sound.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"),
    )
    yield "LZMA parts", lambda: packed({BOOK: "<a/>", SHEET: "<a/>"}, zipfile.ZIP_LZMA)
    yield "text as a workbook", lambda: b"a,b\n1,2\n"
    yield "an old workbook", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000)
    yield (
        "a table of texts of OpenDocument",
        lambda: packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
    )
    yield "nothing as a workbook", lambda: b""


def _announced(data: bytes, size: int) -> bytes:
    """Every part announces this size, in the central directory."""
    out, start = bytearray(data), 0
    while (start := out.find(b"PK\x01\x02", start)) >= 0:
        out[start + 24 : start + 28] = struct.pack("<I", size)
        start += 4
    return bytes(out)


def _links(*links: tuple[str, str, str]) -> str:
    """Relations: id, kind and target of each."""
    relations = "".join(
        f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>' for id, kind, target in links
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'


def _book(sheets: str) -> str:
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _sheet(rows: str, before: str = "", after: str = "") -> str:
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
