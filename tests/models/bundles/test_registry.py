"""Promote, roll back, and two writers at once."""

from __future__ import annotations

import json
import threading
from itertools import pairwise

import pytest

from features.errors import ReadError, UntrustedBundleError, UsageError
from models.bundles.registry import Registry

A, B, C = "2026-01-31-aaaaaaaa", "2026-06-30-bbbbbbbb", "2026-06-30-cccccccc"


@pytest.fixture
def registry(tmp_path):
    for version in (B, A, C):
        (tmp_path / version).mkdir()
        (tmp_path / version / "manifest.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    (tmp_path / ".2026-06-30-dddddddd.new").mkdir()
    return Registry(tmp_path)


def test_nothing_yet(tmp_path):
    empty = Registry(tmp_path / "none")
    assert empty.list() == () and empty.current() is None
    with pytest.raises(UsageError):
        empty.rollback()


def test_promote_and_roll_back(registry):
    assert registry.list() == (A, B, C) and registry.current() is None
    registry.promote(A)
    registry.promote(B)
    registry.promote(B)
    assert registry.current() == B and registry.history() == (A, B)
    assert registry.rollback() == A and registry.current() == A
    with pytest.raises(UsageError, match="No earlier"):
        registry.rollback()


@pytest.mark.parametrize("version", ["", "../etc", "2026-01-31-ffffffff", "notes"])
def test_an_unknown_version_is_refused(registry, version):
    with pytest.raises(UsageError):
        registry.promote(version)


DAMAGED = ["", "{", "[]", '{"history": 5}', '{"history": ["../x"]}', '{"history": [1]}']


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_pointer_is_said_and_mended_by_promoting(registry, text):
    (registry.directory / "promoted.json").write_text(text)
    with pytest.raises(ReadError):
        registry.current()
    registry.promote(A)
    assert registry.current() == A


def test_with_a_key_only_trusted_bundles_are_promoted(registry):
    with pytest.raises(UntrustedBundleError):
        Registry(registry.directory, b"k" * 32).promote(A)
    assert registry.current() is None


def test_writers_wait_for_each_other_and_readers_never_see_a_torn_pointer(registry):
    registry.promote(A)
    torn, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            if registry.current() not in (A, B, C):
                torn.append(1)

    def write(version):
        for _ in range(40):
            Registry(registry.directory).promote(version)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(v,)) for v in (B, C)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    history = json.loads((registry.directory / "promoted.json").read_text())["history"]
    assert not torn and history[0] == A
    assert all(one != two for one, two in pairwise(history))
