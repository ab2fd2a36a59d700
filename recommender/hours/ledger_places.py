"""The ledger by place: the rows below an organization, and totals of districts and schools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from features.errors import UnknownIdError
from features.ledger.hours_ledger import HoursLedger, ledger_totals
from features.organizations import Organizations

DISTRICT: Final = "district"


@dataclass(frozen=True)
class LedgerFacts:
    """Of some rows of a ledger: teachers with a rule, those short in any, and hours that wait for a decision."""

    as_of: date
    people: int
    people_short: int
    waiting: float


def ledger_facts(ledger: HoursLedger, standing: pd.DataFrame) -> LedgerFacts:
    """standing: the rows of the ledger that they are about."""
    people = pd.Index(standing["teacher_id"].unique())
    among = np.isin(ledger.activities.records.teacher, np.flatnonzero(pd.Index(ledger.teacher_ids).isin(people)))
    short = standing.loc[standing["short"] > 0, "teacher_id"].nunique()
    return LedgerFacts(ledger.as_of, len(people), int(short), float(ledger.waiting[among].sum()))


def below(standing: pd.DataFrame, organizations: pd.DataFrame, org_id: str) -> pd.DataFrame:
    """The rows of teachers whose school is `org_id` or lies under it. Raises UnknownIdError."""
    if org_id not in set(organizations["org_id"]) | set(standing["school_id"]):
        raise UnknownIdError("lists.unknown_organization", org_id=org_id)
    orgs = Organizations(organizations, standing["school_id"])
    schools = orgs.places(standing["school_id"])
    place = orgs.places(pd.Series([org_id]))[0]
    return standing[orgs.distance(schools, np.full(len(schools), place)) >= 0].reset_index(drop=True)


def place_totals(standing: pd.DataFrame, organizations: pd.DataFrame) -> pd.DataFrame:
    """A row a district and category, then a row a school and category; see `features.ledger.hours_ledger.ledger_totals`.

    org_kind: district or school. name: the registered one, else the id. Schools without a district are in no district's row.
    """
    schools = pd.Series(standing["school_id"].unique(), dtype=object)
    orgs = Organizations(organizations, schools)
    kind = pd.Series(organizations["kind"].to_numpy(dtype=object), index=organizations["org_id"].to_numpy(dtype=object))
    kinds = kind.reindex(orgs.ids).to_numpy(dtype=object)
    chains = orgs.chains[orgs.places(schools)]
    districts = np.where(chains >= 0, kinds[chains] == DISTRICT, False)
    nearest = chains[np.arange(len(chains)), districts.argmax(axis=1)] if len(chains) else np.zeros(0, np.intp)
    of_school = pd.Series(np.where(districts.any(axis=1), orgs.ids.to_numpy()[nearest], None), index=schools, dtype=object)
    parts = [
        ledger_totals(standing, places).assign(org_kind=kind_of)
        for kind_of, places in ((DISTRICT, of_school.dropna()), ("school", pd.Series(schools.to_numpy(), index=schools)))
    ]
    totals = pd.concat(parts, ignore_index=True)
    names = dict(zip(organizations["org_id"], organizations["name"], strict=True))
    return totals.assign(name=[str(names.get(org_id, org_id)) for org_id in totals["org_id"]])
