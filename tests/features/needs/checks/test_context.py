"""The sample of schools: deterministic, of whole schools, renumbered without loss."""

from __future__ import annotations

import numpy as np

from features.needs.checks.context import restrict_source, sample_schools, select_schools


def test_schools_are_spread_and_about_as_many_as_asked_for(context):
    index = context.hierarchy.index
    schools = select_schools(context.hierarchy, 250)
    teachers = np.isin(index.school, schools).sum()
    assert (np.diff(schools) > 0).all() and 125 < teachers < 500
    assert len(set(index.district[schools])) == min(index.districts, len(schools))
    np.testing.assert_array_equal(schools, select_schools(context.hierarchy, 250))
    assert len(select_schools(context.hierarchy, 10**6)) == index.schools


def test_a_sample_has_all_teachers_and_values_of_its_schools(context, sample):
    school = context.hierarchy.index.school
    np.testing.assert_array_equal(sample.teachers, np.flatnonzero(np.isin(school, sample.schools)))
    np.testing.assert_array_equal(sample.schools[sample.school], school[sample.teachers])
    for part, whole in zip(sample.cells, context.evidence.cells, strict=True):
        mask = np.isin(whole.t, sample.teachers)
        np.testing.assert_array_equal(sample.teachers[part.t], whole.t[mask])
        np.testing.assert_array_equal(part.mean, whole.mean[mask])


def test_the_whole_is_a_sample_that_changes_nothing(context):
    whole = sample_schools(context, np.arange(context.hierarchy.index.schools))
    np.testing.assert_array_equal(whole.prior_mean, context.prior_mean)
    np.testing.assert_array_equal(whole.monitored.unit, context.monitored.unit)


def test_a_restricted_source_numbers_its_occasions_without_gaps(context):
    source = next(s for s in context.evidence.sources if s.name == "observation")
    number = np.full(len(context.hierarchy.index.school), -1, np.intp)
    retained = np.unique(source.t)[::2]
    number[retained] = np.arange(len(retained))
    part = restrict_source(source, number)
    mask = np.isin(source.t, retained)
    np.testing.assert_array_equal(part.value, source.value[mask])
    np.testing.assert_array_equal(retained[part.t], source.t[mask])
    assert set(part.occasion) == set(range(len(set(source.occasion[mask]))))
