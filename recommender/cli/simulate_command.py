"""`recommender data simulate OUT`: a made-up city with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.simulate import SCENARIOS
from features.simulate import simulate as draw

_NAMES = "; ".join(f"{name} {zh} ({en})" for name, (zh, en) in SCENARIOS.items())


def simulate(
    out: Annotated[Path, typer.Argument(help="输出目录 / directory to write", metavar="OUT")],
    teachers: Annotated[int, typer.Option(help="教师人数,200 至 131000 / how many people")] = 2000,
    seed: Annotated[int, typer.Option(help="随机种子 / the same seed gives the same bytes")] = 1,
    scenario: Annotated[str, typer.Option(help=f"情景 / scenario: {_NAMES}")] = "plain",
) -> None:
    """生成模拟城市(数据非真实,真值已知)。 Draw a made-up city with known truth."""

    def tell(what: str, share: float) -> None:
        typer.echo(f"{share:4.0%} {what}", err=True)

    draw(out, teachers=teachers, seed=seed, scenario=scenario, progress=tell)
    typer.echo(f"{out}: 模拟数据,非真实 / made up, not real")
