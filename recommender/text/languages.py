"""The language of the person at the command line."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import Final

from features.errors import UsageError
from features.messages import LANGS, Lang

SETTING: Final = "RECOMMENDER_LANG"
POSIX: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts


def language(value: str) -> Lang:
    """`zh` or `en`. Raises UsageError for another one."""
    for lang in LANGS:
        if value == lang:
            return lang
    raise UsageError("cli.unknown_language", value=value)


def user_language(environment: Mapping[str, str] | None = None) -> Lang:
    """RECOMMENDER_LANG where it is zh or en, else Chinese in a Chinese locale, else English."""
    environment = os.environ if environment is None else environment
    setting = environment.get(SETTING, "").casefold()
    if setting[:2] in LANGS:
        return "zh" if setting.startswith("zh") else "en"
    name = next((environment[key] for key in POSIX if environment.get(key)), None)
    if name is None:  # no POSIX variable, as on Windows
        name = locale.getlocale()[0] or ""
    return "zh" if name.casefold().startswith(("zh", "chinese")) else "en"
