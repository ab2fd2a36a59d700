"""A version that a person chose stays in use."""

from __future__ import annotations

from typing import Protocol

import pytest

import recommender.training as training
from recommender.cli.main import run
from recommender.pipeline import run_bundle
from recommender.workspace.workspace import Workspace


class Calls(Protocol):
    """Counts the calls of a function."""

    calls: int


@pytest.mark.slow
def test_a_person_who_did_not_promote_is_obeyed(copy: Workspace, city, counted: dict[str, Calls], change_courses) -> None:
    old = copy.registry().current()
    other = change_courses(copy)
    trained = training.run_train(other, city.settings, promote=False)
    assert trained.version != old and other.registry().current() == old
    assert run_bundle(other, city.settings).version == old
    assert counted["train"].calls == 1


@pytest.mark.slow
def test_rolled_back_stays_rolled_back(copy: Workspace, city, change_courses) -> None:
    old = copy.registry().current()
    other = change_courses(copy)
    training.run_train(other, city.settings)
    assert run(["models", "rollback", "--workspace", str(other.root)]) == 0
    assert other.registry().current() == old
    assert run_bundle(other, city.settings).version == old
