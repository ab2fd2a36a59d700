"""What teachers decide changes their lists: a closed course is gone and the next one takes its place; without
personalisation a list is the same for everybody to whom the courses are open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.disclosure import DISTRICT_MINIMUM
from recommender.lists.course_averages import course_averages
from recommender.lists.recommend import Recommender
from recommender.lists.teacher_choices import NO_CHOICES, TeacherChoices
from recommender.lists.top_lists import ScoredPairs, first_places


def _ids(ready: Recommender, rows: ScoredPairs) -> list[tuple[str, str]]:
    teachers, courses = ready.snapshot.teacher_ids, ready.snapshot.course_ids
    return [(str(teachers[t]), str(courses[c])) for t, c in zip(rows.unit, rows.course, strict=True)]


@pytest.fixture(scope="module")
def longest(pairs: ScoredPairs) -> int:
    """The teacher with most courses."""
    return int(np.bincount(pairs.unit).argmax())


def test_a_closed_course_is_gone_and_the_next_one_comes_up(ready: Recommender, pairs: ScoredPairs, longest: int) -> None:
    own = pairs.take(pairs.unit == longest)
    first, second, third = _ids(ready, own)[:3]
    choices = ready.indexed(TeacherChoices(closed=frozenset({first, third, ("nobody", "K"), (second[0], "nothing")})))
    left = ready.ranked(np.array([longest]), choices=choices)
    assert len(left) == len(own) - 2
    assert _ids(ready, left)[0] == second
    others = ready.ranked(np.array([longest + 1 if longest else 1]), choices=choices)
    assert len(others) == int((pairs.unit == others.unit[0]).sum())  # the same course stays on others' lists


def test_the_school_counts_nobody_who_closed_a_course(ready: Recommender, pairs: ScoredPairs) -> None:
    school = int(ready.school_of[pairs.unit[0]])
    teachers = ready.members(school)
    before = ready.schools(ready.ranked(teachers), 100).rows
    course = int(before.course[0])
    ids = frozenset((str(ready.snapshot.teacher_ids[t]), str(ready.snapshot.course_ids[course])) for t in teachers)
    after = ready.schools(ready.ranked(teachers, choices=ready.indexed(TeacherChoices(closed=ids))), 100).rows
    assert course not in after.course and set(after.course) == set(before.course) - {course}


def test_without_personalisation_the_order_depends_on_nothing_but_the_courses(
    ready: Recommender, pairs: ScoredPairs
) -> None:
    everybody = frozenset(map(str, ready.snapshot.teacher_ids))
    teachers = np.arange(len(everybody))
    ranked = ready.ranked(teachers, choices=ready.indexed(TeacherChoices(unpersonalised=everybody)))
    assert ranked.unpersonalised.all() and not ranked.personal.any()
    for name in ("score", "gain_mean", "gain_sd", "p_complete", "course_sd", "need_var"):
        by_course = {int(c): v for c, v in zip(ranked.course, getattr(ranked, name), strict=True)}
        assert all(by_course[int(c)] == v for c, v in zip(ranked.course, getattr(ranked, name), strict=True)), name
    assert len(ranked) == len(pairs) and ranked.score.std() > 0
    lists = ready.teachers(ranked, 5)
    assert set(lists.basis) == {"unpersonalised"}
    assert (lists.main == -1).all() and not lists.tied.any()
    assert {line[0].en for line in lists.lines} == {ready.teachers(ranked, 1).lines[0][0].en}
    assert "uses no data about you" in lists.lines[0][0].en


def test_her_list_and_reasons_do_not_change_with_what_is_known_of_her(ready: Recommender, longest: int) -> None:
    """The same person with other needs: nothing of the list may differ, hours apart."""
    teacher = str(ready.snapshot.teacher_ids[longest])
    choices = TeacherChoices(unpersonalised=frozenset({teacher}))
    needs = ready.snapshot.needs
    changed = {name: getattr(needs, name).copy() for name in ("mean", "gap_mean", "p_need", "expected_gap", "reliability")}
    for name, values in changed.items():
        values[longest] = {"reliability": 0.05, "p_need": 0.01}.get(name, -2.0)
    other = Recommender(replace(ready.snapshot, needs=replace(needs, **changed)), ready.bundle)
    other.__dict__["averages"] = ready.averages  # they are of the whole city
    results = []
    for one in (ready, other):
        lists = one.teachers(one.ranked(np.array([longest]), choices=one.indexed(choices)), 10)
        results.append((lists.rows.course.tolist(), lists.rows.gain_mean.tolist(), lists.basis.tolist(), lists.lines))
    assert results[0] == results[1]


def test_averages_are_those_of_the_people_to_whom_a_course_is_open(ready: Recommender, pairs: ScoredPairs) -> None:
    averages = course_averages(ready.snapshot, ready.scorer)
    people = np.bincount(pairs.course, minlength=len(ready.snapshot.course_ids))
    common, rare = int(people.argmax()), np.flatnonzero((people > 0) & (people < DISTRICT_MINIMUM))
    own = pairs.gain_mean[pairs.course == common]
    assert averages.gain_mean[common] == pytest.approx(own.mean())
    own_sd = pairs.gain_sd[pairs.course == common]
    assert averages.gain_sd[common] == pytest.approx(np.sqrt((own_sd**2).mean() + own.var()))
    for course in rare:
        assert averages.gain_mean[course] == pytest.approx(pairs.gain_mean.mean())


def test_the_whole_city_s_lists_follow_the_choices(ready: Recommender, pairs: ScoredPairs) -> None:
    first = _ids(ready, first_places(pairs, 1))
    closed, off = frozenset(first[:40]), frozenset(teacher for teacher, _ in first[30:60])
    choices = TeacherChoices(closed=closed, unpersonalised=off)
    seen, bases = set(), {}
    for teachers, _ in ready.city(3, choices=choices):
        for pair, basis in zip(_ids(ready, teachers.rows), teachers.basis, strict=True):
            seen.add(pair)
            bases[pair[0]] = basis
    assert not seen & closed
    assert {bases[t] for t in off if t in bases} == {"unpersonalised"}
    assert "unpersonalised" not in {basis for teacher, basis in bases.items() if teacher not in off}


def test_no_choice_has_no_digest_and_the_order_does_not_matter() -> None:
    assert NO_CHOICES.digest() == ""
    one = TeacherChoices(frozenset({("A", "1"), ("B", "2")}), frozenset({("C", "3")}))
    assert one.digest() == TeacherChoices(frozenset({("B", "2"), ("A", "1")}), frozenset({("C", "3")})).digest()
    assert one.digest() != TeacherChoices(one.intended, one.closed).digest()
