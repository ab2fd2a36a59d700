"""Ids are where a dictionary would say they are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.lists.sorted_ids import SortedIds

ID = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=200)
@given(st.lists(ID, unique=True, max_size=30), st.lists(st.text(max_size=14), max_size=10))
def test_places_are_those_of_a_dictionary(ids: list[str], others: list[str]) -> None:
    places = {one: place for place, one in enumerate(ids)}
    sorted_ids = SortedIds(ids)
    assert len(sorted_ids) == len(ids)
    cut = [one[:-1] for one in ids] + [one + "\0" for one in ids] + [one + "a" for one in ids]
    for one in (*ids, *others, *cut, "\ud800"):
        assert sorted_ids.place(one) == places.get(one)
