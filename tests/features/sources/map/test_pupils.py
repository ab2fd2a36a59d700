"""[[pupils]]: rows of pupils become results of classes; rows left out are counted, none is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.sources.read_tables import ReadResult, read_tables

MAP = """
[[pupils]]
file = "s.csv"
assessment = "A"
date = 2026-06-25
stage = "primary"
subject = "数学"
term = "2026-2"
grade = "6"
class = ["cls"]
pupil = "id"
teacher = "tch"
school = { value = "S1" }
weight = "w"
scores = { K1 = "k", K2 = "g" }
missing = [999]
"""


@pytest.fixture
def read(sound: Path, tmp_path: Path):
    existing = read_tables([sound]).tables.frames

    def made(scores: str, more: str = "", **files: str) -> ReadResult:
        folder = tmp_path / "pupils"
        folder.mkdir(exist_ok=True)
        for name, text in {"s": scores, **files}.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        keys = {line.split(" = ")[0] for line in more.splitlines()}
        kept = [line for line in MAP.splitlines() if line.split(" = ")[0] not in keys]
        (tmp_path / "map.toml").write_text("\n".join([*kept, more]), "utf-8")
        return read_tables([folder], tmp_path / "map.toml", existing)

    return made


def _codes(result: ReadResult) -> list[tuple[int | None, str]]:
    names = [
        (i.row, i.expected.values.get("note", i.expected).code) for i in result.issues if i.file == "s.csv"
    ]
    return sorted((row, code.removeprefix("sources.")) for row, code in names if row is not None)


def test_a_class_of_two_teachers_gets_their_shares(read) -> None:
    rows = "1,C,T1,80,70,1\n2,C,T1,90,75,1\n3,C,T1,85,80,1\n3,C,T2,85,80,1\n"
    result = read("id,cls,tch,k,g,w\n" + rows)
    classes = result.tables["classes"].set_index("teacher_id")
    assert result.accepted and classes["share"].to_dict() == {"T1": 0.75, "T2": 0.25}
    assert set(result.tables["results"]["n"]) == {3.0}  # a pupil of two teachers counts once
    assert result.tables["result_covariances"]["within_cov"].tolist() == [12.5]


def test_rows_left_out_are_notes(read) -> None:
    rows = "1,C,T1,80,70,1\n2,C,T1,90,75,1\n,C,T1,1,1,1\n3,C,T1,1,1,0\n1,C,T1,80,70,1\n"
    result = read("id,cls,tch,k,g,w\n" + rows)
    assert result.accepted
    assert _codes(result) == [(4, "no_class_or_pupil"), (5, "no_weight"), (6, "identical_pupil_row")]
    assert set(result.tables["results"]["n"]) == {2.0}


def test_a_pupil_with_two_scores_and_words_for_numbers_are_problems(read) -> None:
    rows = "1,C,T1,80,70,1\n1,C,T1,81,70,1\n2,C,T1,不明,70,1\n3,C,T1,999,NA,1\n4,C,T1,70,60,1\n"
    result = read("id,cls,tch,k,g,w\n" + rows)
    assert not result.accepted and _codes(result) == [(3, "pupil_twice_in_class"), (4, "a_number")]


def test_two_prior_scores_of_a_pupil_are_a_problem(read) -> None:
    prior = 'prior = { file = "p.csv", on = "id", scores = { K1 = "m" } }\n'
    result = read("id,cls,tch,k,g,w\n1,C,T1,80,70,1\n2,C,T1,90,75,1\n", prior, p="id,m\n1,3\n2,4\n2,5\n")
    (issue,) = [i for i in result.issues if i.severity == "problem"]
    assert (issue.file, issue.row, issue.value, issue.expected.code) == (
        "p.csv",
        4,
        "2",
        "sources.second_prior_score",
    )


def test_a_missing_column_gives_no_chunk(read) -> None:
    result = read("id,cls,tch,k,w\n1,C,T1,80,1\n")
    assert _codes(result) == [(1, "missing_source_column")] and "results" not in result.read


def test_words_and_numbers_in_any_width_stand_for_no_score(read) -> None:
    rows = "1,C,T1,80,72,1\n2,C,T1,病假,７0,1\n3,C,T1,缺考,70,1\n4,C,T1,９９９,70,1\n5,C,T1,６0,70,1\n"
    result = read("id,cls,tch,k,g,w\n" + rows, 'missing = [999, "病假"]\n')
    assert result.accepted, [(i.row, i.value, str(i.expected)) for i in result.issues]
    assert _codes(result) == [(4, "read_as_absent")]
    results = result.tables["results"].set_index("dimension")
    assert results.loc["K1", ["n", "mean"]].tolist() == [2, 70] and results.loc["K2", "n"] == 5


def test_a_class_is_written_as_a_column(read) -> None:
    text = "id,cls,tch,k,g,w\n1,10E1,T1,80,70,1\n2,10E2,T1,81,72,1\n"
    for written, ids in (('"cls"', ["10E1", "10E2"]), ('{ from = "cls", prefix = "S1-" }', ["S1-10E1", "S1-10E2"]),
                         ('{ from = ["tch", "cls"], suffix = "x" }', ["T1-10E1x", "T1-10E2x"])):  # fmt: skip
        result = read(text, f"class = {written}\n")
        assert result.accepted and sorted(set(result.tables["results"]["unit_id"])) == ids
        assert result.tables["classes"]["class_id"].tolist() == ids


def test_a_column_whose_header_stands_twice_is_a_problem_and_has_a_name(read) -> None:
    text = "id,cls,tch,k,g,w,k\n1,C,T1,80,70,1,10\n2,C,T1,81,72,1,20\n"
    result = read(text)
    assert _codes(result) == [(1, "ambiguous_source_column")] and not result.accepted
    second = read(text, 'scores = { K1 = "k#2" }\n')
    assert second.accepted and second.tables["results"]["mean"].tolist() == [15]

