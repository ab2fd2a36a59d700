"""Sources travel as plain values; bundles keep the keys they were written with."""

from __future__ import annotations

import json

import pytest

from models.candidates.collaborative_candidates import Ease
from models.rankers.candidate_families import FAMILIES, sources_from_json, sources_to_json


def test_every_variant_travels_unchanged():
    sources = tuple(variant for family in FAMILIES for variant in family)
    assert sources_from_json(json.loads(json.dumps(sources_to_json(sources)))) == sources


def test_keys_of_bundles_are_those_of_earlier_bundles():
    written = [{"kind": "Ease", "name": "ease", "ranks": True, "ridge": 200.0, "fade": 1.0}]
    assert sources_to_json([Ease(l2=200.0)]) == written
    assert sources_from_json(written) == (Ease(l2=200.0),)
    with pytest.raises(KeyError):
        sources_from_json([{"kind": "Oracle"}])


def test_names_are_unique_among_families_and_shared_within_one():
    names = [{variant.name for variant in family} for family in FAMILIES]
    assert all(len(n) == 1 for n in names)
    assert len(set.union(*names)) == len(FAMILIES)
