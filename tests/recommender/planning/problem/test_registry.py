"""The registry: modules of constraints are found by themselves, keys and places are taken once."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import recommender.planning.constraints as package
from recommender.planning.constraints.max_courses import MaxCourses
from recommender.planning.problem.constraint_registry import (
    constraints,
    form_fields,
    label,
    price_kind,
    register,
    registered,
    settings,
)


def test_each_module_registers_what_it_defines() -> None:
    modules = {type(setting).__module__.rpartition(".")[2] for setting in registered()}
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert files - modules == {"constraint", "reached_share"}


def test_keys_places_and_names_of_prices_are_taken_once() -> None:
    every = registered()
    assert len({s.key for s in every}) == len({s.order for s in every}) == len(every)
    kinds = [kind.name for one in constraints() for kind in one.price_kinds]
    assert len(set(kinds)) == len(kinds)
    with pytest.raises(ValueError, match="max_courses_per_teacher"):
        register(MaxCourses)


def test_budget_and_seats_are_constraints_but_no_keys_of_the_limits() -> None:
    assert {c.key for c in constraints()} - {s.key for s in settings()} == {"budget", "course_seats"}


def test_prices_and_fields_are_found_by_name() -> None:
    assert price_kind("release_days").unit == "day"
    assert label("release_days") != label("release_days_per_teacher")
    assert [field.name for _, field in form_fields()][-2:] == ["must_open", "forbid"]
    with pytest.raises(KeyError):
        price_kind("no such price")


def test_threads_that_come_first_at_the_same_time_load_it_once() -> None:
    """In a process of its own: here it is loaded already."""
    program = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
import recommender.planning.problem.constraint_registry as registry
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
def load(_):
    start.wait()
    return len(registry.registered())
with ThreadPoolExecutor(8) as threads:
    assert len(set(threads.map(load, range(8)))) == 1
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
