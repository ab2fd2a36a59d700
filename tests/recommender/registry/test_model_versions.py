"""The registry as pages read it: signatures are checked, damage is named, nothing unknown is described."""

from __future__ import annotations

import pytest

from features.errors import ReadError, UnknownIdError
from recommender.registry.model_versions import ModelVersions
from recommender.reports.diagnosis_report import diagnosis_page


def _versions(workspace, settings):
    return ModelVersions(workspace.bundles, workspace.scores, settings.bundle_key)


def _of_current(versions):
    """The entry of the version in use; other tests may have trained more on the same city."""
    return next(entry for entry in versions.entries() if entry.version == versions.current())


def test_a_version_has_its_card_and_an_unknown_one_is_unknown(copy, city):
    versions = _versions(copy, city.settings)
    entry = _of_current(versions)
    summary, card = versions.describe(entry.version)
    assert entry.summary == summary and card.startswith("# ") and entry.version in versions.history()
    with pytest.raises(UnknownIdError):
        versions.describe("2026-06-30-ffffffff")


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sig", "card.md"])
def test_a_changed_file_is_named_and_never_shown(name, copy, city):
    versions = _versions(copy, city.settings)
    version = versions.current()
    path = copy.bundles / version / name
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    versions = ModelVersions(copy.bundles, copy.scores, city.settings.bundle_key)
    if name != "manifest.json":  # the same modification time: what was read once is not read again
        (copy.bundles / version / "manifest.json").touch()
    (entry,) = (one for one in versions.entries() if one.version == version)
    assert entry.summary is None and version in str(entry.damage)
    with pytest.raises(ReadError):
        versions.describe(version)


def test_the_report_is_there_once_it_was_made_and_damage_is_named(copy, city, tmp_path):
    versions = _versions(copy, city.settings)
    assert versions.diagnosis() is None
    copy.scores.mkdir(exist_ok=True)
    file = copy.scores / "diagnosis.json"
    file.write_text('{"made_up": true, "notice": "", "tables": "f", "as_of": "2026-06-30", "made_on": "2026-07-01", '
                    '"code": "0", "headline": {"zh": "甲", "en": "a"}, "verdict": []}', "utf-8")  # fmt: skip
    assert "甲" in diagnosis_page(versions.diagnosis())
    file.write_text("{", "utf-8")
    with pytest.raises(ReadError):
        versions.diagnosis()
