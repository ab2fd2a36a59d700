"""The journey of a file: brought, asked about, checked, previewed, confirmed, undone; and what stops it on the way."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.uploads.upload_work import main
from recommender.workspace.import_history import history
from recommender.workspace.importing import Mode, stored_frames

TOKEN = hashlib.sha256(b"form\0Bearer admin").hexdigest()
SIGNED = {"Authorization": "Bearer admin", "Accept": "text/html"}
ORGANIZATIONS = "org_id,name,kind,parent_id,stage\nD1,示例区,district,,\nS1,示例小学,school,D1,primary\n"
COMPETENCIES = "competency_id,name_zh,name_en,framework,version\nK1,教学设计,Design,F,1\n"
HEADER = ["序号", "教职工号", "姓名", "所在学校", "任教学段", "教什么", "参加工作时间"]
PEOPLE = [
    [1, "0101", "甲", "示例小学", "小学", "语文", "2016年9月"],
    [2, "0102", "乙", "示例小学", "小学", "数学", "2009.8"],
    [3, "0103", "丙", "示例小学", "小学", "英语", "2021-09-01"],
]


@pytest.fixture
def desk(client: TestClient, tmp_path: Path) -> TestClient:
    """The work is done at once, in this process; `test_upload_store` has it in its own."""
    client.app.state.uploads = UploadStore(tmp_path / "workspace", main)  # type: ignore[attr-defined]
    return client


def register(rows: list[list[Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("在编")
        sheet.merge_range(0, 0, 0, 6, "示例小学教师名册（2026年9月）")
        for i, cells in enumerate([HEADER, *rows], start=2):
            sheet.write_row(i, 0, cells)
    return content.getvalue()


def bring(client: TestClient, *files: tuple[str, bytes], **fields: str) -> str:
    sent = client.post(
        "/data/uploads", headers=SIGNED, data={"form_token": TOKEN, **fields}, follow_redirects=False,
        files=[("files", file) for file in files] or {"files": ("", b"")},
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def settled(client: TestClient, address: str, lang: str = "en") -> str:
    """The page when the work on it has ended."""
    page = client.get(f"{address}?lang={lang}", headers=SIGNED)
    assert page.status_code == 200 and "Refresh" not in page.headers, page.text
    return page.text


def press(client: TestClient, address: str, **fields: str) -> Any:
    return client.post(address, headers=SIGNED, data={"form_token": TOKEN, "once": "1", **fields}, follow_redirects=False)


def tables_of(client: TestClient) -> Any:
    return stored_frames(client.app.state.uploads.root)  # type: ignore[attr-defined]


def first_import(client: TestClient) -> None:
    address = bring(client, ("organizations.csv", ORGANIZATIONS.encode()), ("competencies.csv", COMPETENCIES.encode()),
                    ("教师.xlsx", register(PEOPLE[:2])))  # fmt: skip
    settled(client, address)
    press(client, f"{address}/columns")
    settled(client, address)
    press(client, f"{address}/confirm")
    assert "Imported (no. 1)" in settled(client, address)


def test_a_school_file_goes_all_the_way_and_back(desk: TestClient) -> None:
    address = bring(desk, ("organizations.csv", ORGANIZATIONS.encode()), ("competencies.csv", COMPETENCIES.encode()),
                    ("教师.xlsx", register(PEOPLE[:2])))  # fmt: skip
    asking = settled(desk, address)
    assert "What the columns are" in asking and "header in row 3" in asking
    (why,) = re.findall(r"教什么</span> \?</th><td><select.*?</td><td>(.*?)</td>", asking, re.DOTALL)
    assert "its cells look so" in why, "a column that is known by its cells alone is asked about"
    assert not tables_of(desk), "nothing is written before it is confirmed"
    assert press(desk, f"{address}/columns").status_code == 303
    checked = settled(desk, address)
    assert "No problems." in checked
    assert re.search(r'<th scope="row">teachers</th><td>2</td><td>0</td><td>2</td><td>0</td><td>0</td><td>0</td>', checked)
    assert press(desk, f"{address}/confirm").status_code == 303
    assert "Imported (no. 1)" in settled(desk, address)
    teachers = tables_of(desk)["teachers"]
    assert list(teachers["teacher_id"]) == ["0101", "0102"] and list(teachers["subject"]) == ["语文", "数学"]
    upload_id = address.rpartition("/")[2]
    assert not desk.app.state.uploads.files(upload_id).exists(), "files of people are not kept"  # type: ignore[attr-defined]

    again = settled(desk, bring(desk, ("教师名册.xlsx", register([*PEOPLE[1:], PEOPLE[0]]))))
    assert "What will change" in again and "No problems." in again, "the same headers are not asked about again"
    assert re.search(r'<th scope="row">teachers</th><td>3</td><td>0</td><td>1</td><td>0</td><td>2</td><td>0</td>', again)

    listed = desk.get("/data?lang=en", headers=SIGNED).text
    (version,) = re.findall(r'name="version" value="(\w+)"', listed)
    assert "教师.xlsx" in listed and "<td>keeper</td>" in listed
    stale = press(desk, "/data/undo", version="0" * 16)
    assert stale.headers["location"] == "/data?after=stale" and len(tables_of(desk)["teachers"]) == 2
    refused = press(desk, "/data/undo", version=version)
    assert refused.status_code == 422, "there is nothing before the first import"


def test_rows_with_problems_come_back_as_a_workbook_that_is_brought_again(desk: TestClient) -> None:
    first_import(desk)
    wrong = [*PEOPLE[2][:3], "=示例小雪", *PEOPLE[2][4:]]
    address = bring(desk, ("更正.xlsx", register([PEOPLE[0], wrong])))
    page = settled(desk, address)
    assert "Problems: 1" in page and "Import the good rows" in page and "row 5" in re.sub(r"<[^>]+>", "", page)
    assert press(desk, f"{address}/confirm").status_code == 400, "problems are imported around only when that is said"
    book = desk.get(f"{address}/problems.xlsx", headers=SIGNED)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[1:4] for row in rows] == [["教职工号", "姓名", "所在学校"], ["0103", "丙", "=示例小雪"]]
    with zipfile.ZipFile(io.BytesIO(book.content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml"), "no cell is a formula"
    assert "第 5 行" in str(rows[1][-1])
    press(desk, f"{address}/confirm", good_rows="yes")
    assert "nothing was written" in settled(desk, address)
    rows[1][3] = "示例小学"
    mended = io.BytesIO()
    with xlsxwriter.Workbook(mended, {"strings_to_formulas": False}) as corrected:
        page = corrected.add_worksheet()
        for i, cells in enumerate(rows):
            page.write_row(i, 0, cells)
    address = bring(desk, ("problems.xlsx", mended.getvalue()))
    settled(desk, address)
    press(desk, f"{address}/columns")
    assert "No problems." in settled(desk, address)
    press(desk, f"{address}/confirm")
    settled(desk, address)
    assert list(tables_of(desk)["teachers"]["teacher_id"]) == ["0101", "0102", "0103"]
    page = desk.get("/data?lang=en", headers=SIGNED).text
    press(desk, "/data/undo", version=re.findall(r'name="version" value="(\w+)"', page)[0])
    assert list(tables_of(desk)["teachers"]["teacher_id"]) == ["0101", "0102"]
    assert "undone, back to after no. 1" in desk.get("/data?lang=en", headers=SIGNED).text


def test_what_a_person_says_of_a_sheet_counts(desk: TestClient) -> None:
    first_import(desk)
    address = bring(desk, ("课.csv", "代码,叫什么,类\nX1,某中心,school\n".encode()))
    assert "No table that could be recognised" in settled(desk, address)
    press(desk, f"{address}/columns", **{"unknown-0": "organizations"})
    page = settled(desk, address)
    assert 'value="organizations" selected' in page
    press(desk, f"{address}/columns", **{"column-0-A": "org_id", "column-0-B": "name", "column-0-C": "name"})
    assert "was chosen twice" in settled(desk, address)
    press(desk, f"{address}/columns", **{"column-0-A": "org_id", "column-0-B": "name", "column-0-C": "kind"})
    assert "No problems." in settled(desk, address)


def test_pasted_cells_are_a_file(desk: TestClient) -> None:
    address = bring(desk, pasted="org_id\tname\tkind\nD1\t示例区\tdistrict\n")
    page = settled(desk, address)
    assert "organizations" in page
    assert bring(desk) == "/data?after=nothing"


def test_tables_that_changed_meanwhile_are_shown_again(desk: TestClient) -> None:
    first_import(desk)
    one = bring(desk, ("a.xlsx", register(PEOPLE)))
    settled(desk, one)
    two = bring(desk, ("organizations.csv", (ORGANIZATIONS + "S2,第二小学,school,D1,primary\n").encode()))
    settled(desk, two)
    press(desk, f"{two}/confirm")
    settled(desk, two)
    press(desk, f"{one}/confirm")
    page = settled(desk, one)
    assert "Somebody else imported just now" in page and len(tables_of(desk)["teachers"]) == 2
    press(desk, f"{one}/confirm")
    assert "Imported (no. 3)" in settled(desk, one)


def test_files_that_cannot_be_read_end_in_a_sentence_and_can_be_given_up(desk: TestClient) -> None:
    address = bring(desk, ("教师.xlsx", b"PK\x03\x04 no workbook"))
    page = settled(desk, address)
    assert "nothing was written" in page and "教师" in page
    assert press(desk, f"{address}/discard").headers["location"] == "/data?after=discarded"
    assert desk.get(address, headers=SIGNED).status_code == 404


def test_forms_of_elsewhere_and_other_roles_are_refused(desk: TestClient) -> None:
    for role in ("teacher", "school", "district", "researcher"):
        assert desk.get("/data", headers={"Authorization": f"Bearer {role}"}).status_code == 403
    forged = desk.post("/data/uploads", headers=SIGNED, data={"form_token": "x"}, files={"files": ("a.csv", b"a,b\n1,2\n")})
    assert forged.status_code == 403
    typed = desk.post("/data/uploads", headers=SIGNED, data={"form_token": TOKEN})
    assert typed.status_code == 400, "only a form with files"
    assert not desk.app.state.uploads.all()  # type: ignore[attr-defined]


def test_work_that_was_cut_off_before_the_guesses_confirms_none(desk: TestClient) -> None:
    store: UploadStore = desk.app.state.uploads  # type: ignore[attr-defined]
    files = (("organizations.csv", ORGANIZATIONS.encode()), ("competencies.csv", COMPETENCIES.encode()),
             ("教师.xlsx", register(PEOPLE)))  # fmt: skip
    upload = store.create("keeper", "admin", Mode.ADD, [(name, io.BytesIO(content)) for name, content in files])
    store.save(replace(upload, state="failed"))
    press(desk, f"/data/uploads/{upload.upload_id}/columns")
    assert store.read(upload.upload_id).state == "asking", "the column that was guessed by its cells is asked about"


def test_who_confirms_is_in_the_history(desk: TestClient) -> None:
    store: UploadStore = desk.app.state.uploads  # type: ignore[attr-defined]
    files = (("organizations.csv", ORGANIZATIONS), ("competencies.csv", COMPETENCIES),
             ("teachers.csv", "teacher_id,school_id,role,stage,subject\nT1,S1,teacher,primary,数学\n"))  # fmt: skip
    upload: Upload = store.create("another", "admin", Mode.ADD, [(name, io.BytesIO(text.encode())) for name, text in files])
    store.start(upload, "look")
    press(desk, f"/data/uploads/{upload.upload_id}/confirm")
    assert [entry["by"] for entry in history(store.root)] == ["keeper"]


def test_a_damaged_history_is_no_empty_one(desk: TestClient) -> None:
    first_import(desk)
    root = desk.app.state.uploads.root  # type: ignore[attr-defined]
    for path in root.glob("*imports.json*"):
        path.write_text("{", "utf-8")
    page = desk.get("/data?lang=en", headers=SIGNED).text
    assert 'role="alert"' in page and "Nothing has been imported yet" not in page


def test_a_large_file_is_taken_here_and_nowhere_else(desk: TestClient) -> None:
    large = b"a,b\n" + b"1,2\n" * 400_000
    assert bring(desk, ("large.csv", large)).startswith("/data/uploads/U")
    refused = desk.post("/data/undo", headers=SIGNED, content=large)
    assert refused.status_code == 413


def test_a_full_disk_is_said(desk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(UploadStore, "create", full)
    sent = desk.post("/data/uploads", headers=SIGNED, data={"form_token": TOKEN}, files={"files": ("a.csv", b"a,b\n1,2\n")})
    assert sent.status_code == 503 and "磁盘可能满了" in sent.text
