"""`recommender privacy`: documents about the protection of data about people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.errors import UsageError
from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, say
from recommender.privacy.impact_assessment import BLANK, impact_assessment
from recommender.privacy.impact_facts import impact_facts
from recommender.settings import Settings
from recommender.workspace.atomic import replacing

app = typer.Typer(help=bilingual("privacy.help_privacy"), no_args_is_help=True)


@app.callback()
def group() -> None:
    """Without it, an application with a single command has no name for that command."""


@app.command("impact-assessment", help=bilingual("privacy.command_impact_assessment", " "))
def write_impact_assessment(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.md", help=bilingual("privacy.help_out"))],
    force: Annotated[bool, typer.Option("--force", help=bilingual("privacy.help_force"))] = False,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """The template of PIPL articles 55 and 56; what people filled in is not overwritten without --force."""
    if out.suffix.lower() != ".md":
        raise UsageError("privacy.not_markdown", name=out.name)
    if out.exists() and not force:
        raise UsageError("privacy.exists", path=out)
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    text = impact_assessment(impact_facts(workspace, settings), settings.operator_name, settings.day())
    with replacing(out) as temporary:
        temporary.write_text(text, "utf-8")
    say(bilingual("privacy.assessment_written", path=out, blanks=text.count(BLANK) - 1))
