"""Whose language errors speak."""

from __future__ import annotations

import pytest

from features.errors import UsageError
from recommender.text.languages import language, user_language


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_US", "LANG": "zh_CN"}, "en"),
        ({"RECOMMENDER_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"RECOMMENDER_LANG": "zh", "LANG": "C"}, "zh"),
        ({"RECOMMENDER_LANG": "fr", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_setting_comes_before_the_locale(environment: dict[str, str], lang: str) -> None:
    assert user_language(environment) == lang


def test_a_machine_without_posix_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locale.getlocale", lambda: ("Chinese (Simplified)_China", "936"))
    assert user_language({}) == "zh"
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert user_language({}) == "en"


def test_a_language_without_words_is_refused() -> None:
    assert language("zh") == "zh"
    with pytest.raises(UsageError, match="'fr'"):
        language("fr")
