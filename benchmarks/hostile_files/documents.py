"""Mapping files and marks of origin that are hostile, and the sound documents that are mutated."""

from __future__ import annotations

import json
from collections.abc import Iterator

MAPPING = """
[subjects]
"Maths" = "数学"
[[table]]
name = "teachers"
file = "people.csv"
unique = true
where = "`学段` == 'primary' and not 年份 > 2020"
[table.columns]
teacher_id = "教师编号"
school_id = { value = "S1" }
role = { from = "角色", values = { "教师" = "teacher" } }
[[ratings]]
survey = "V1"
file = "answers.csv"
teacher = "教师编号"
scale = [1, 5]
items = { "Q1" = "K1" }
"""
LIMITS = """
max_courses_per_teacher = 2
[[floor]]
share = 0.5
stage = 'primary'
"""
STATE = json.dumps(
    {"scores": {"teachers.csv": "a1"}, "bundles": {"2026-06-30-1a2b3c4d": "ab"}, "decided": {"tables": "ab"}},
    indent=1,
)
ORIGIN = json.dumps({"made_up": True, "fingerprint": "ab12", "tables": "ab12", "notice": "模拟"}, ensure_ascii=False)
PROMOTED = json.dumps({"history": ["2026-06-30-1a2b3c4d", "2026-07-31-1a2b3c4e"]})
PLAN = json.dumps({"tables": {"assignments": [{"teacher_id": "T1", "gain": 0.5}]}, "summary": {"budget": 5}})


def mappings() -> Iterator[tuple[str, bytes]]:
    """Mapping files: name -> content."""
    table = b'[[table]]\nname = "teachers"\nfile = "people.csv"\n'
    yield "mapping of 100,000 brackets", b"a = " + b"[" * 100_000
    yield "mapping of 100,000 braces", b"a = " + b"{a=" * 100_000
    yield "mapping of a key of 300,000 parts", b"a" + b".a" * 300_000 + b" = 1"
    yield "mapping of a header of 100,000 parts", b"[a" + b".a" * 100_000 + b"]"
    yield "mapping of 5,000 digits", b"a = " + b"9" * 5000
    yield "mapping of a hexadecimal number", b"a = 0x" + b"f" * 500_000
    yield "mapping of nan", b"a = nan"
    yield "mapping of 20 MB", b"# comment\n" * 2_000_000
    yield "mapping in UTF-16", MAPPING.encode("utf-16")
    yield "mapping of null characters", b"\0" * 1000
    yield "mapping of a surrogate", b'a = "\\ud800"'
    yield "mapping of repeated keys", b"a = 1\na = 2\n"
    yield "mapping of 50,000 tables", table * 20_000
    yield "mapping of an open text", b'a = """' + b"x" * 900_000
    yield "mapping with a filter of 5,000 brackets", table + b'where = "' + b"(" * 5000 + b'"\n'
    yield "mapping with a filter of 3,000 nots", table + b'where = "' + b"not " * 3000 + b'a == 1"\n'
    yield "mapping with a filter of 20,000 minuses", table + b'where = "a == ' + b"-" * 20_000 + b'1"\n'
    yield "mapping with a filter of 3,000 powers", table + b'where = "a == 9' + b"**9" * 3000 + b'"\n'


def origins() -> Iterator[tuple[str, bytes]]:
    """Content of an origin.json beside sound tables."""
    yield "origin of 100,000 brackets", b"[" * 100_000
    yield "origin of 100,000 objects", b'{"made_up":' * 100_000
    yield "origin of 5,000 digits", b'{"made_up": ' + b"9" * 5000 + b"}"
    yield "origin of 20 MB", b'{"a": "' + b"x" * 20_000_000 + b'"}'
    yield "origin that is a list", b"[1]"
    yield "origin of NaN", b'{"made_up": NaN}'
    yield "origin in UTF-16", ORIGIN.encode("utf-16")
    yield "origin of a surrogate", b'{"notice": "\\ud800"}'
