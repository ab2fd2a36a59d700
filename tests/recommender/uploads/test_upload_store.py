"""Uploads on disk: names that may be kept, work in a process of its own, what a killed one leaves, and the end after a day."""

from __future__ import annotations

import io
import os
import signal
import stat
import time
from datetime import timedelta
from pathlib import Path

import pytest

from features.errors import StaleError, UnknownIdError, UsageError
from recommender.uploads import upload_store, upload_work
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore, safe_name
from recommender.uploads.upload_work import main
from recommender.workspace.importing import Mode, stored_frames

TABLES = {
    "organizations.csv": "org_id,name,kind\nD1,示例区,district\nS1,示例小学,school\n",
    "competencies.csv": "competency_id,name_zh,name_en,framework,version\nK1,教学设计,Design,F,1\n",
    "teachers.csv": "teacher_id,school_id,role,stage,subject\nT1,S1,teacher,primary,数学\n",
}
WAIT = 60.0  # seconds


def bring(store: UploadStore, **files: str) -> Upload:
    return store.create("keeper", "admin", Mode.ADD, [(name, io.BytesIO(text.encode())) for name, text in files.items()])


def settled(store: UploadStore, upload_id: str) -> Upload:
    end = time.monotonic() + WAIT
    while (upload := store.read(upload_id)).state == "working":
        assert time.monotonic() < end
        time.sleep(0.05)
    return upload


@pytest.mark.slow
def test_a_process_of_its_own_checks_and_writes_and_a_killed_one_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    popen = upload_store.subprocess.Popen

    def noting(*arguments: object, **more: object) -> object:
        child = popen(*arguments, **more)  # type: ignore[call-overload]
        started.append(child.pid)
        return child

    monkeypatch.setattr(upload_store.subprocess, "Popen", noting)
    store = UploadStore(tmp_path / "workspace")
    upload = bring(store, **TABLES)
    store.start(upload, "look")
    with pytest.raises(StaleError):
        store.start(store.read(upload.upload_id), "look")
    os.kill(started[0], signal.SIGKILL)
    monkeypatch.setattr(upload_store, "STARTING", 0.0)
    killed = settled(store, upload.upload_id)
    assert killed.state == "interrupted" and not stored_frames(store.root)
    store.start(killed, "look")
    monkeypatch.setattr(upload_store, "STARTING", WAIT)
    checked = settled(store, upload.upload_id)
    assert checked.state == "checked" and checked.checked["problems"] == 0
    assert checked.checked["tables"]["teachers"] == {"rows": 1, "left_out": 0, "new": 1, "changed": 0, "same": 0, "gone": 0}
    store.start(checked, "write")
    assert settled(store, upload.upload_id).number == 1
    assert list(stored_frames(store.root)["teachers"]["teacher_id"]) == ["T1"]


def test_a_second_process_does_nothing(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, main)
    upload = bring(store, **TABLES)
    store.start(upload, "look")
    before = store.path(upload.upload_id, "upload.json").read_bytes()
    main(tmp_path, upload.upload_id)
    assert store.path(upload.upload_id, "upload.json").read_bytes() == before


def test_files_are_for_their_owner_alone_and_gone_after_a_day(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, main)
    upload = bring(store, **TABLES)
    for path in (tmp_path / "uploads").rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert store.expire(upload.at + timedelta(hours=23)) == 0 and store.all() == (upload,)
    assert store.expire(upload.at + timedelta(hours=25)) == 1 and store.all() == ()
    with pytest.raises(UnknownIdError):
        store.read(upload.upload_id)


def test_uploads_that_wait_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_store, "MOST_UPLOADS", 1)
    store = UploadStore(tmp_path, main)
    bring(store, **TABLES)
    with pytest.raises(UsageError):
        bring(store, **TABLES)


def test_a_disk_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    store = UploadStore(tmp_path, main)
    with pytest.raises(OSError):
        store.create("keeper", "admin", Mode.ADD, [("a.csv", Failing())])
    assert store.all() == () and not list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\表\\教师.xlsx", "教师.xlsx"),
        (".hidden.csv", "hidden.csv"), ("~$开着.xlsx", "开着.xlsx"),
        ("a\x00b\u202e.csv", "a_b_.csv"), ("", "file"), ("...", "file"), ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)  # fmt: skip
def test_names_of_files(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, main)
    files = [("名册.csv", io.BytesIO(b"a")), ("名册.CSV", io.BytesIO(b"b")), ("名册.csv", io.BytesIO(b"c"))]
    upload = store.create("keeper", "admin", Mode.ADD, files)
    assert upload.files == ("名册.csv", "名册-2.CSV", "名册-3.csv")
    assert [(store.files(upload.upload_id) / name).read_bytes() for name in upload.files] == [b"a", b"b", b"c"]


@pytest.mark.parametrize("upload_id", ["", "..", "U1", "../x", "U" + "0" * 16])
def test_unknown_ids(tmp_path: Path, upload_id: str) -> None:
    with pytest.raises(UnknownIdError):
        UploadStore(tmp_path).read(upload_id)


def test_what_a_killed_upload_left_goes_after_a_day_too(tmp_path: Path) -> None:
    """Killed between the files and what is known of them."""
    store = UploadStore(tmp_path, main)
    upload = bring(store, **TABLES)
    store.path(upload.upload_id, "upload.json").unlink()
    assert store.all() == () and store.expire(upload.at + timedelta(hours=23)) == 0
    assert store.expire(upload.at + timedelta(hours=25)) == 1 and not list((tmp_path / "uploads").iterdir())


def test_files_that_are_being_imported_are_not_given_up(tmp_path: Path) -> None:
    store = UploadStore(tmp_path, lambda root, upload_id: None)
    upload = bring(store, **TABLES)
    started = store.start(upload, "write")
    assert store.read(started.upload_id).state == "working"
    with pytest.raises(StaleError):
        store.discard(started.upload_id)


def test_what_nobody_foresaw_is_logged_by_its_place_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("张三 0101")

    monkeypatch.setattr(upload_work, "guess_files", lambda *_, **__: fail())
    store = UploadStore(tmp_path, main)
    upload = bring(store, **TABLES)
    store.start(upload, "look")
    assert store.read(upload.upload_id).state == "failed" and "张三" not in store.read(upload.upload_id).error.zh
    log = capsys.readouterr().err
    assert "ValueError" in log and "fail" in log and "张三" not in log and "0101" not in log
