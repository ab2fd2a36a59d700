"""`recommender models`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from models.bundles.bundle import read_bundle, write_bundle
from models.bundles.registry import Registry
from recommender.records.record_store import RecordStore
from recommender.registry.model_changes import ModelChanges
from recommender.workspace.import_history import user_name


def test_models_list_marks_the_served_one(run, city) -> None:
    code, out, _ = run("models", "list", "--json")
    rows = json.loads(out)
    assert code == 0 and [row["version"] for row in rows if row["served"]] == [
        city.workspace.registry().current()
    ]


def _second(copy, city) -> str:
    """Another version beside the promoted one: the same files under another date of creation would be the same version, so the
    manifest says another seed."""
    registry, key = copy.registry(), city.settings.bundle_key()
    path = registry.path(registry.current())
    bundle = read_bundle(path, key)
    about = {k: v for k, v in bundle.manifest.items() if k not in ("format", "files", "version", "created")}
    files = {name: (path / name).read_bytes() for name in bundle.manifest["files"]}
    return write_bundle(copy.bundles, files, about | {"seed": 9}, key, datetime(2026, 7, 1, tzinfo=UTC))


def test_promote_and_rollback_are_recorded_with_who_and_why(run, copy, city) -> None:
    first, second = copy.registry().current(), _second(copy, city)
    assert run("models", "promote", second, "--reason", "steadier", workspace=copy.root)[0] == 0
    assert copy.registry().history() == (first, second)
    assert run("models", "rollback", "--reason", "complaints", workspace=copy.root)[0] == 0
    assert copy.registry().history() == (first,)
    store = RecordStore.of(copy.root, city.settings).open()
    promotions = ModelChanges(store, copy.registry, lambda: None).promotions()
    store.close()
    assert (promotions[second].by, promotions[second].reason) == (user_name(), "steadier")
    assert (promotions[first].by, promotions[first].reason) == (user_name(), "complaints")


def test_a_rollback_that_was_killed_is_finished_and_not_begun_again(run, copy, city, monkeypatch) -> None:
    first, second = copy.registry().current(), _second(copy, city)
    third = copy.registry()
    third.promote(second)
    third.promote(first)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "move", lambda *_, **__: 1 / 0)
        assert run("models", "rollback", workspace=copy.root)[0] == 3
    assert copy.registry().history() == (first, second, first)
    assert run("models", "rollback", workspace=copy.root)[0] == 0
    assert copy.registry().history() == (first, second)
