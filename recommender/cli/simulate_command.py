"""`recommender data simulate OUT`: a simulated city with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.messages import Message
from features.simulate import SCENARIOS
from features.simulate import simulate as draw
from recommender.cli.screen import bilingual
from recommender.text.catalogues import in_both

_WORDS = {name: in_both(Message(f"simulate.scenario_{name}")) for name in SCENARIOS}
_NAMES = "; ".join(f"{name} {words.zh} ({words.en})" for name, words in _WORDS.items())


def simulate(
    out: Annotated[Path, typer.Argument(help=bilingual("cli.help_simulated_out"), metavar="OUT")],
    teachers: Annotated[int, typer.Option(help=bilingual("cli.help_teachers"))] = 2000,
    seed: Annotated[int, typer.Option(help=bilingual("cli.help_seed"))] = 1,
    scenario: Annotated[str, typer.Option(help=f"{bilingual('cli.help_scenario')}: {_NAMES}")] = "plain",
) -> None:
    """Draw a simulated city with known truth."""

    def report(what: str, share: float) -> None:
        typer.echo(f"{share:4.0%} {what}", err=True)

    draw(out, teachers=teachers, seed=seed, scenario=scenario, progress=report)
    typer.echo(f"{out}: {bilingual('cli.made_up')}")
