"""Notebooks: what they may import and how they are laid out; and the first one run from end to end.

They run in a kernel of their own, in a folder of the tests, with warnings as errors and keys of their own.
"""

from __future__ import annotations

import ast
import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
FLOORS = {"features", "models", "recommender", "api"}
FIRST = "retrain_and_compare.py"
PLANS = "plan_frontier.py"
STRICT = "import warnings\nwarnings.simplefilter('error')"
RELAXED = "warnings.simplefilter('default')"  # what the kernel does when it stops is not the notebook's
BASELINES = ("random", "popularity", "hours_owed", "self_report", "need_rule")

OTHERS = {  # pictures each draws of a city too small for parts
    "data.py": 1, "needs.py": 2, "compare_and_ablate.py": 1, "fairness_and_drift.py": 1,
}  # fmt: skip

Run = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where notebooks run; the settings of the person who runs the tests are out of reach."""
    place = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "XDG_CONFIG_HOME",
            "IPYTHONDIR",
            "MPLCONFIGDIR",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
        ):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        for name in ("WORKSPACE", "PRODUCTION", "SIGNING_KEY", "TOKEN_KEY", "TOKEN_MINUTES"):
            patch.delenv(f"RECOMMENDER_{name}", raising=False)
        yield place


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """Runs a notebook with other parameters: all that its cells put out."""

    def executed(parameters: str, name: str = FIRST) -> list[Any]:
        book = jupytext.read(NOTEBOOKS[0].with_name(name))
        place = next(i for i, cell in enumerate(book.cells) if _is_parameters(cell))
        code = nbformat.v4.new_code_cell
        book.cells = [
            code(STRICT), *book.cells[: place + 1], code(parameters), *book.cells[place + 1 :], code(RELAXED),
        ]  # fmt: skip
        NotebookClient(
            book, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
        return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]

    return executed


@pytest.fixture(scope="module")
def simulated(run: Run) -> list[Any]:
    """A small simulated city, and its version promoted."""
    return run("WORKSPACE = 'small'; TEACHERS = 300; SEED = 7; PROMOTE = True")


@pytest.fixture(scope="module")
def loaded(run: Run, simulated: list[Any]) -> list[Any]:
    """The same tables as if they were somebody's own: without known truth, and nothing promoted."""
    return run("WORKSPACE = 'small'; SIMULATE = False")


@pytest.fixture(scope="module")
def unmeasured(run: Run) -> list[Any]:
    """A city with enrolments and no evidence: another rival, and a trained ranker beside the rules."""
    return run("WORKSPACE = 'unmeasured'; TEACHERS = 300; SCENARIO = 'no_evidence'")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_of_our_packages_only_the_front_door_is_imported(path: Path) -> None:
    result: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            result |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            result.add(node.module or "")
    assert {name for name in result if name.split(".")[0] in FLOORS} == {"recommender"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_parameters_come_first_and_every_heading_has_a_chinese_line(path: Path) -> None:
    cells = jupytext.read(path).cells
    (parameters,) = (i for i, cell in enumerate(cells) if _is_parameters(cell))
    assert 5 <= sum(cell.cell_type == "code" for cell in cells[parameters + 1 :]) <= 8
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            assert re.search("[\u4e00-\u9fff]", cell.source.splitlines()[1]), cell.source
        if "plt.subplots" in cell.source:
            assert "suptitle(mark" in cell.source  # no picture without its mark


def test_pictures_are_drawn(simulated: list[Any], loaded: list[Any], unmeasured: list[Any]) -> None:
    import matplotlib.image  # looks for its folders, which are the tests' only here

    for outputs, expected in ((simulated, 3), (loaded, 2), (unmeasured, 3)):
        pictures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
        assert len(pictures) == expected
        for picture in pictures:
            pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)))
            assert pixels.shape[1] >= 800 and pixels.std() > 0.05


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_the_other_notebooks_run_and_draw(name: str, run: Run, simulated: list[Any]) -> None:
    import matplotlib.image

    outputs = run("WORKSPACE = 'small'; SIMULATE = False", name)
    pictures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == OTHERS[name] and "MADE-UP DATA" in _said(outputs)
    for picture in pictures:
        assert matplotlib.image.imread(io.BytesIO(base64.b64decode(picture))).std() > 0.03


def test_every_notebook_is_run() -> None:
    assert {path.name for path in NOTEBOOKS} == {FIRST, PLANS, *OTHERS}


def test_everything_simulated_says_so(simulated: list[Any], loaded: list[Any]) -> None:
    assert "MADE-UP DATA" in _said(simulated) and "MADE-UP DATA" in _said(loaded)


def test_every_baseline_is_judged_twice(simulated: list[Any], loaded: list[Any]) -> None:
    for outputs, tests in ((simulated, {"observed", "truth"}), (loaded, {"observed"})):
        table = next(o.data["text/plain"] for o in outputs if "oracle_share" in str(o) or "ndcg@10" in str(o))
        assert all(name in table for name in (*BASELINES, "served"))
        assert {test for test in ("observed", "truth") if re.search(rf"^{test}\b", table, re.M)} == tests
    said = _said(simulated)
    assert "no interval" in said  # two schools held out carry none, and it says so
    assert "lie inside" in said or "inside" in said
    assert "lie inside" not in _said(loaded)


def test_a_trained_ranker_is_compared_with_popularity_where_nothing_is_measured(
    unmeasured: list[Any],
) -> None:
    said = _said(unmeasured)
    assert "against popularity" in said and "trained ranker: " in said
    assert "served: nothing; before: nothing" in said


def test_the_gate_speaks_both_languages(simulated: list[Any]) -> None:
    verdict = next(text for text in _markdown(simulated) if text.startswith("**"))
    assert "courses are ranked by" in verdict or "it ranks" in verdict
    assert re.search("[\u4e00-\u9fff]", verdict)


def test_only_a_promoted_version_is_served(folder: Path, simulated: list[Any], loaded: list[Any]) -> None:
    (version,) = re.findall(r"new: (\S+)", _said(simulated))
    assert f"served: {version}; before: nothing" in _said(simulated)
    assert f"served: {version}; before: {version}" in _said(loaded)
    assert version in (folder / "small" / "bundles" / "promoted.json").read_text("utf-8")
    assert any("模型卡 Model card" in text for text in _markdown(loaded))


def test_the_plan_notebook_draws_frontiers_and_regret(run: Run) -> None:
    outputs = run("TEACHERS = 300; SEED = 7; BUDGET = 60000.0; DRAWS = 2", PLANS)
    pictures = [o.data["image/png"] for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 3
    assert "MADE-UP DATA" in _said(outputs) and "at most" in _said(outputs)
    table = next(o.data["text/plain"] for o in outputs if "true_gain" in str(o.get("data", {})))
    assert all(name in table for name in ("ours", "greedy", "popularity", "habit", "oracle"))
    assert any("oracle's" in text for text in _markdown(outputs))


def _is_parameters(cell: Any) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def _said(outputs: list[Any]) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream")


def _markdown(outputs: list[Any]) -> list[str]:
    return [output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {})]
