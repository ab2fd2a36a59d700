"""`recommender research-export`: de-identified data for research."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, progress, say
from recommender.records.audit_lines import record_bulk_command
from recommender.research.deidentify import ExportOptions
from recommender.research.research_export import risk_lines, run_research_export
from recommender.settings import Settings
from recommender.text.catalogues import in_both
from recommender.workspace.import_history import user_name


def research_export(
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    k: Annotated[int, typer.Option("--k", min=5, max=1000, help=bilingual("research.help_k"))] = 10,
    sample: Annotated[float, typer.Option("--sample", min=0.01, max=1.0, help=bilingual("research.help_sample"))] = 1.0,
    most_suppressed: Annotated[
        float, typer.Option("--most-suppressed", min=0.0, max=0.5, help=bilingual("research.help_most_suppressed"))
    ] = 0.05,
    max_risk: Annotated[
        float, typer.Option("--max-risk", min=0.001, max=0.2, help=bilingual("research.help_max_risk"))
    ] = 0.1,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """A folder with teachers, needs and the risk; exit 1 where the risk is above the limit."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    people = len(workspace.tables["teachers"])
    record_bulk_command(workspace.root, settings, user_name(), "recommender research-export", people, "research export")
    with progress() as report:
        options = ExportOptions(k, most_suppressed, sample)
        data = run_research_export(workspace, settings, out, options, max_risk, report)
    for line in risk_lines(data.risk):
        say(" / ".join(in_both(line)))
    say(bilingual("research.written", path=out))
