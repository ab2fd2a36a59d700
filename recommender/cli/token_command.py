"""`recommender token`: a short-lived sign-in for local use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from features.errors import UnknownIdError, UsageError
from features.messages import message
from features.tables import Tables
from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, say
from recommender.settings import Settings
from recommender.sign_in.service_tokens import ServiceTokens
from recommender.sign_in.sign_in_links import link_code
from recommender.text.catalogues import render
from recommender.text.languages import user_language
from recommender.tokens import ROLES, issue_token

LOCAL: Final = "http://127.0.0.1:8000"  # where `serve` listens by default


def token(
    role: Annotated[str | None, typer.Option("--role", metavar="|".join(ROLES))] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="ID", help=bilingual("cli.help_subject"))
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", metavar="ORG", help=bilingual("cli.help_scope")),
    ] = None,
    link: Annotated[bool, typer.Option("--link", help=bilingual("cli.help_link"))] = False,
    service: Annotated[
        str | None, typer.Option("--service", metavar="NAME", help=bilingual("sign_in.help_service"))
    ] = None,
    days: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=1100, help=bilingual("sign_in.help_days"))
    ] = 365,
    list_all: Annotated[bool, typer.Option("--list", help=bilingual("sign_in.help_list"))] = False,
    revoke: Annotated[
        str | None, typer.Option("--revoke", metavar="NAME", help=bilingual("sign_in.help_revoke"))
    ] = None,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Print a token for local sign-in, a link that signs a browser in once, or a token of another program."""
    settings = Settings()
    if sum((link, service is not None, list_all, revoke is not None)) > 1:
        raise UsageError("sign_in.one_kind")
    tokens = ServiceTokens(workspace_of(workspace_dir, settings).root)
    if list_all:
        _list(tokens)
        return
    if revoke is not None:
        tokens.revoke(revoke)
        say(render(message("sign_in.revoked", name=revoke), user_language()))
        return
    if role is None:
        raise UsageError("sign_in.no_role_option", roles=ROLES)
    if service is not None and role == "teacher":
        raise UsageError("sign_in.no_service_teacher")
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
    if service is not None:
        if not subject:
            subject = f"service:{service}"
        say(tokens.issue(settings.session_key(), service, role, subject, tuple(orgs), days))
        return
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


def _list(tokens: ServiceTokens) -> None:
    """One line each, by name: name, role, organizations, days of issue and expiry; expired ones have a mark."""
    now = datetime.now(UTC)
    for entry in tokens.entries():
        mark = "" if entry.expires > now else f"  {render(message('sign_in.expired'), user_language())}"
        orgs = ",".join(entry.scope) or "-"
        say(f"{entry.name}  {entry.role}  {orgs}  {entry.issued:%Y-%m-%d}  {entry.expires:%Y-%m-%d}{mark}")
