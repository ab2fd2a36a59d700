"""An id is seen wherever it stands, and only where it is a word of its own."""

from __future__ import annotations

import gzip
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recommender.privacy.traces import id_pattern, traces

HER = "T0042"


def test_every_kind_of_file(tmp_path: Path) -> None:
    pd.DataFrame({"unit_id": [HER, "T1", None, f"S1|{HER}"], "n": [1, 2, 3, 4]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"unit_id": pd.Categorical([HER, "T1"])}).to_parquet(tmp_path / "b.parquet")
    pd.DataFrame({"unit_id": [["x", HER], []]}).to_parquet(tmp_path / "c.parquet")
    (tmp_path / "d.json").write_text(f'{{"asker": "{HER}"}}', "utf-8")
    with zipfile.ZipFile(tmp_path / "e.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", f"<t>{HER}</t>")
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(f"x,{HER}\n".encode()))
    np.savez(tmp_path / "g.npz", ids=np.frombuffer(HER.encode(), np.uint8))
    (tmp_path / HER).mkdir()
    (tmp_path / HER / "h.txt").write_text("nothing", "utf-8")
    (tmp_path / "i.parquet").write_bytes(f"damaged {HER}".encode())
    (tmp_path / "j.txt").write_text(f"{HER}9 X{HER} 0.{HER}", "utf-8")
    expected = {"a.parquet": 2, "b.parquet": 1, "c.parquet": 1, "d.json": 1, "e.xlsx": 1, "f.csv.gz": 1, "g.npz": 1,
                f"{HER}/h.txt": 1, "i.parquet": 1}  # fmt: skip
    assert traces(tmp_path, HER) == expected


def test_free_pages_of_a_database_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (a TEXT, b TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(f"x{i}", HER) for i in range(2000)])
        connection.commit()
        connection.execute("DELETE FROM t")
        connection.commit()
    assert traces(tmp_path, HER)["store.db"] > 100
    connection.execute("VACUUM")
    connection.close()
    assert traces(tmp_path, HER) == {}


def test_cells_of_a_database_are_told_apart(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE audit (unit TEXT, at TEXT, n INTEGER)")
        connection.execute("INSERT INTO audit VALUES ('00000001', '2026-12-01', 7)")
        connection.execute("INSERT INTO audit VALUES ('S1|00000031', '2026-12-01', 7)")
        connection.commit()
        assert traces(tmp_path, "00000012") == {}  # the end of one cell and the begin of the next
        assert traces(tmp_path, "00000031") == {"store.db": 1}


@pytest.mark.parametrize("text", ["T0042", "S1|T0042", "T0042-G3", "T0042_x", "/teachers/T0042/held", "教师T0042"])
def test_a_word_of_its_own(text: str) -> None:
    assert id_pattern(HER).search(text)


@pytest.mark.parametrize("text", ["T00421", "XT0042", "0.T0042", "t0042"])
def test_a_part_of_another_word(text: str) -> None:
    assert not id_pattern(HER).search(text)


def test_marks_in_an_id_mean_themselves() -> None:
    assert id_pattern("T.1").search("(T.1)") and not id_pattern("T.1").search("(Tx1)")
