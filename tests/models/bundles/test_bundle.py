"""A bundle is trusted whole or not at all, and no parser sees a byte before that."""

from __future__ import annotations

import json
import os
from datetime import datetime

import numpy as np
import pytest

import models.bundles.bundle as module
from features.errors import UntrustedBundleError
from models.bundles.bundle import FILES, read_bundle, write_bundle

KEY = bytes(range(32))
CREATED = datetime(2026, 7, 1, 9, 30)
ABOUT = {"as_of": "2026-06-30", "objective": "gain", "ranked_by": "ranker", "made_up": True}


@pytest.fixture
def parsed(monkeypatch):
    """How often a parser was reached; the stand-in keeps the model classes out of this test."""
    calls = []
    monkeypatch.setattr(module, "read_scoring_model", lambda files, *_: calls.append(files))
    return calls


def _files():
    rng = np.random.default_rng(0)
    return {name: rng.bytes(300).hex().encode() for name in FILES}


def test_what_was_written_is_read_back(tmp_path, parsed):
    version = write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    assert version.startswith("2026-06-30-") and len(version) == 19
    bundle = read_bundle(tmp_path / version, KEY)
    assert bundle.version == version and bundle.simulated and bundle.ranked_by == "ranker"
    assert bundle.manifest["created"] == "2026-07-01T09:30:00"
    assert parsed == [_files()] and bundle.card == _files()["card.md"].decode()
    assert [p.name for p in tmp_path.iterdir()] == [version]  # nothing half-written is left


def test_the_name_depends_on_content_alone_and_writing_twice_changes_nothing(tmp_path, parsed):
    first = write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    raw = (tmp_path / first / "manifest.json").read_bytes()
    later = write_bundle(tmp_path, _files(), ABOUT, KEY, datetime(2027, 1, 1))
    assert later == first and (tmp_path / first / "manifest.json").read_bytes() == raw
    other = write_bundle(tmp_path, {**_files(), "card.md": b"other"}, ABOUT, KEY, CREATED)
    assert other != first


def test_a_damaged_version_is_replaced_when_it_is_trained_again(tmp_path, parsed):
    version = write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    (tmp_path / version / "ranker.txt").write_bytes(b"damaged")
    assert write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED) == version
    assert read_bundle(tmp_path / version, KEY).version == version


def test_two_hundred_random_changes_are_all_refused_before_a_parser_sees_them(tmp_path, parsed):
    rng = np.random.default_rng(1)
    path = tmp_path / write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    names = sorted(os.listdir(path))
    assert len(names) == len(FILES) + 2
    for number in range(200):
        name = names[number % len(names)]
        good = (path / name).read_bytes()
        bad = bytearray(good)
        at = int(rng.integers(0, len(good)))
        kind = int(rng.integers(0, 5))
        if kind == 0:
            bad[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del bad[at:]
        elif kind == 2:
            bad[at:at] = rng.bytes(int(rng.integers(1, 20)))
        elif kind == 3:
            bad = bytearray(rng.bytes(int(rng.integers(0, 500))))
        else:
            bad += b"\n"
        (path / name).write_bytes(bytes(bad))
        with pytest.raises(UntrustedBundleError):
            read_bundle(path, KEY)
        (path / name).write_bytes(good)
    assert not parsed
    read_bundle(path, KEY)


def test_a_manifest_signed_by_another_key_or_moved_elsewhere_is_refused(tmp_path, parsed):
    version = write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    with pytest.raises(UntrustedBundleError):
        read_bundle(tmp_path / version, KEY[::-1])
    (tmp_path / version).rename(tmp_path / "2027-06-30-00000000")
    with pytest.raises(UntrustedBundleError):
        read_bundle(tmp_path / "2027-06-30-00000000", KEY)
    assert not parsed


def test_missing_huge_and_strange_files_are_refused(tmp_path, parsed):
    path = tmp_path / write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    good = (path / "manifest.sig").read_bytes()
    with open(path / "manifest.sig", "wb") as file:
        file.truncate(10_000_000)
    with pytest.raises(UntrustedBundleError, match="sensible size"):
        read_bundle(path, KEY)
    (path / "manifest.sig").write_bytes(good)
    (path / "uptake.json").unlink()
    with pytest.raises(UntrustedBundleError, match=r"uptake\.json"):
        read_bundle(path, KEY)
    (path / "uptake.json").mkdir()
    with pytest.raises(UntrustedBundleError):
        read_bundle(path, KEY)
    with pytest.raises(UntrustedBundleError):
        read_bundle(tmp_path / "nowhere", KEY)
    assert not parsed


def test_only_the_known_files_make_a_bundle(tmp_path):
    with pytest.raises(ValueError, match="cannot hold"):
        write_bundle(tmp_path, {**_files(), "model.pkl": b""}, ABOUT, KEY, CREATED)
    with pytest.raises(ValueError, match="needs"):
        write_bundle(tmp_path, {"card.md": b""}, ABOUT, KEY, CREATED)


def test_the_manifest_is_canonical_json(tmp_path, parsed):
    path = tmp_path / write_bundle(tmp_path, _files(), ABOUT, KEY, CREATED)
    raw = (path / "manifest.json").read_text()
    assert raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
