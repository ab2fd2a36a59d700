"""`recommender token`: a short-lived sign-in for local use."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from features.errors import UnknownIdError, UsageError
from features.tables import Tables
from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, say
from recommender.settings import Settings
from recommender.sign_in.sign_in_links import link_code
from recommender.tokens import ROLES, issue_token

LOCAL: Final = "http://127.0.0.1:8000"  # where `serve` listens by default


def token(
    role: Annotated[str, typer.Option("--role", metavar="|".join(ROLES))],
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help=bilingual("cli.help_subject"))
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="ORG", help=bilingual("cli.help_scope")),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help=bilingual("cli.help_link"))] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Print a token for local sign-in, or a link that signs a browser in once."""
    settings = Settings()
    if role not in ROLES:
        raise UsageError("cli.unknown_role", role=role, roles=ROLES)
    workspace = workspace_of(workspace_dir, settings)
    orgs = scope or []
    if workspace.imported:
        _check(workspace.tables, role, subject, orgs)
    if role == "teacher" and not subject:
        raise UsageError("cli.teacher_token_without_id")
    if role in ("school", "district") and not orgs:
        raise UsageError("cli.token_without_scope", role=role)
    if link:
        code = link_code(settings.session_key(), role, subject or role, orgs)
        say(f"{(settings.public_url or LOCAL).rstrip('/')}/sign-in/link?code={code}")
        return
    say(issue_token(settings.session_key(), role, subject or role, orgs, settings.token_minutes))


def _check(tables: Tables, role: str, subject: str | None, scope: list[str]) -> None:
    """Raises UnknownIdError: a token for an unknown id would only be refused later."""
    if role == "teacher" and subject and subject not in set(tables["teachers"]["teacher_id"]):
        raise UnknownIdError("lists.unknown_teacher", unit_id=subject)
    unknown = sorted(set(scope) - set(tables["organizations"]["org_id"]))
    if unknown:
        raise UnknownIdError("lists.unknown_organization", org_id=unknown[0])
