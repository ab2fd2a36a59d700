"""From a provider's claims to a role and organizations, by a TOML file and no code.

    subject = "employee_no"                    # the claim with her id; a teacher's is her teacher_id (default: sub)

    [[rule]]                                   # the first rule that fits decides
    role  = "district"
    claim = "groups"                           # dots go into objects: realm_access.roles
    value = "training-planners"                # equal to the claim, or one of its list; without it: the claim is there
    scope = { claim = "districts", map = { "440305" = "D05" } }

    [[rule]]
    role  = "admin"
    claim = "groups"
    value = "training-admins"
    scope = ["C1"]
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.documents import DocumentError, read_toml
from features.errors import UsageError
from recommender.tokens import Role

MAX_SCOPE: Final = 100  # organizations of one person
NEEDS_SCOPE: Final = frozenset({"school", "district"})


class ScopeClaim(BaseModel):
    """Organizations out of a claim; `map` turns the provider's codes into ours, and codes without an entry are left out.

    Without `map` the codes are taken as they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: str = Field(min_length=1)
    map: dict[str, str] | None = None


class RoleRule(BaseModel):
    """One rule: whom it fits, and what they are then."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    claim: str = Field(min_length=1)
    value: str | None = None
    scope: tuple[str, ...] | ScopeClaim = ()

    @model_validator(mode="after")
    def _scoped(self) -> RoleRule:
        if self.role in NEEDS_SCOPE and self.scope == ():
            raise ValueError(f"a rule for role {self.role} needs a scope")
        return self

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claim is there and has the value."""
        values = _texts(_claim(claims, self.claim))
        return bool(values) if self.value is None else self.value in values

    def organizations(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        """Organizations of the person, at most MAX_SCOPE."""
        if isinstance(self.scope, tuple):
            return self.scope
        codes = _texts(_claim(claims, self.scope.claim))
        mapped = codes if self.scope.map is None else [self.scope.map[code] for code in codes if code in self.scope.map]
        return tuple(dict.fromkeys(mapped))[:MAX_SCOPE]


class ClaimsMapping(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(default="sub", min_length=1)
    rule: tuple[RoleRule, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> ClaimsMapping:
        """The mapping of a file. Raises UsageError where it cannot be used."""
        try:
            return cls.model_validate(read_toml(path))
        except DocumentError as error:
            raise UsageError("sign_in.mapping_unreadable", file=path.name, why=error.message) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise UsageError("sign_in.mapping_wrong", file=path.name, place=place, why=first["msg"]) from error

    def person(self, claims: Mapping[str, Any]) -> tuple[str, Role, tuple[str, ...]] | None:
        """Id, role and organizations of a person; None where no rule fits, or the id or a needed scope is missing."""
        ids = _texts(_claim(claims, self.subject))
        rule = next((rule for rule in self.rule if rule.fits(claims)), None)
        if rule is None or len(ids) != 1:
            return None
        organizations = rule.organizations(claims)
        if rule.role in NEEDS_SCOPE and not organizations:
            return None
        return ids[0], rule.role, organizations


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, else the one at the dotted path; None where there is none."""
    if path in claims:  # names of claims may be addresses with dots
        return claims[path]
    value: Any = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> list[str]:
    """A claim as texts: a number is written out, a list is taken apart, anything else has none."""
    values = value if isinstance(value, list) else [value]
    texts = [str(one) for one in values if isinstance(one, str | int) and not isinstance(one, bool)]
    return [text.strip() for text in texts if text.strip()]
