"""`recommender token`: a short-lived sign-in for local use."""

from __future__ import annotations

from typing import Annotated

import typer

from features.errors import UnknownIdError, UsageError
from features.tables import Tables
from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import say
from recommender.settings import Settings
from recommender.tokens import ROLES, issue_token


def token(
    role: Annotated[str, typer.Option("--role", metavar="|".join(ROLES))],
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help="谁 / who; a teacher's id")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="ORG", help="可看的机构,可重复 / organizations, repeatable"),
    ] = None,
    workspace: WorkspaceDir = None,
) -> None:
    """签发本机登录令牌。 Print a token for local sign-in."""
    settings = Settings()
    if role not in ROLES:
        raise UsageError(f"There is no role {role!r}; choose one of {', '.join(ROLES)}")
    held = workspace_of(workspace, settings)
    orgs = scope or []
    if held.imported:
        _check(held.tables, role, subject, orgs)
    if role == "teacher" and not subject:
        raise UsageError("A teacher's token needs --subject with the teacher's id")
    if role in ("school", "district") and not orgs:
        raise UsageError(f"A {role} token needs --scope with an organization's id")
    say(issue_token(settings.session_key(), role, subject or role, orgs, settings.token_minutes))


def _check(tables: Tables, role: str, subject: str | None, scope: list[str]) -> None:
    """A token for nobody would only be refused later."""
    if role == "teacher" and subject and subject not in set(tables["teachers"]["teacher_id"]):
        raise UnknownIdError(f"No teacher has the id {subject!r}")
    lost = sorted(set(scope) - set(tables["organizations"]["org_id"]))
    if lost:
        raise UnknownIdError(f"No organization has the id {lost[0]!r}")
