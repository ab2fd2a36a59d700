"""Organizations by id: their names, what is above each, and the schools below it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from features.errors import UnknownIdError


class OrganizationTree:
    """The register of organizations, and the schools that have teachers, registered or not."""

    def __init__(self, organizations: pd.DataFrame, schools: Iterable[str]) -> None:
        self._parent = dict(zip(organizations["org_id"], organizations["parent_id"], strict=True))
        self._name = dict(zip(organizations["org_id"], organizations["name"], strict=True))
        self._schools = tuple(schools)

    def label(self, org_id: str) -> str:
        """The name of an organization; its id where none is registered."""
        return str(self._name.get(org_id, org_id))

    def name(self, org_id: str) -> str:
        """The registered name. Raises UnknownIdError."""
        self._check(org_id)
        return str(self._name[org_id])

    def ancestors(self, org_id: str) -> tuple[str, ...]:
        """The organizations above one, nearest first, itself left out; a circle ends. Raises UnknownIdError."""
        self._check(org_id)
        result: list[str] = []
        parent = self._parent[org_id]
        while isinstance(parent, str) and parent not in result:
            result.append(parent)
            parent = self._parent.get(parent)
        return tuple(result)

    def schools_below(self, org_id: str) -> tuple[str, ...]:
        """Registered schools with teachers under an organization, itself included, by name."""
        own = (s for s in self._schools if s in self._parent and org_id in (s, *self.ancestors(s)))
        return tuple(sorted(own, key=lambda school: (self.label(school), school)))

    def _check(self, org_id: str) -> None:
        if org_id not in self._parent:
            raise UnknownIdError("lists.unknown_organization", org_id=org_id)
