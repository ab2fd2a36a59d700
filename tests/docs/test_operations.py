"""The page for those who run it says what the program does; the files to deploy it are well formed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from api.client_deadlines import DRAIN, RECEIVE
from api.load_shedding import MOST_WAITING
from api.middleware import LARGEST_BODY
from api.request_bodies import MAX_FORM, MAX_JSON
from api.telemetry import Meter
from recommender.plans.plan_service import QUOTA
from recommender.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
UNIT = ROOT / "deploy" / "recommender.service"


def _rows(heading: str) -> list[list[str]]:
    """Cells of the table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_metric_is_on_the_page_with_its_kind_and_labels() -> None:
    listed = {name.strip("`"): (kind, labels) for name, kind, labels, _ in _rows("Metrics")}
    meter = Meter()
    own = {
        metric._name: (metric._type, ", ".join(metric._labelnames))
        for metric in (meter.requests, meter.seconds, meter.waiting, meter.ready)
    }
    assert listed == own
    assert {family.name for family in meter.registry.collect()} == set(listed)


def test_every_limit_is_the_one_in_the_program() -> None:
    settings = Settings.model_fields
    rows = {what: limit for what, limit, _ in _rows("Limits")}
    numbers = {
        what: [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", limit)] for what, limit in rows.items()
    }
    assert numbers["requests that wait for one of two threads"] == [MOST_WAITING]
    assert numbers["a client that sends its request slowly"] == [RECEIVE]
    assert numbers["a client that reads its answer slowly"][1] == DRAIN
    assert numbers["body of a request"] == [LARGEST_BODY, MAX_JSON, MAX_FORM]
    assert numbers["plans that wait, of one person and of all"] == [QUOTA.person, QUOTA.all]
    limits = [settings["plan_seconds"].default, settings["plan_megabytes"].default]
    assert numbers["time and memory of one plan"] == limits


def test_the_unit_is_one_and_is_confined() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    done = subprocess.run(["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if UNIT.name in line and "is not executable" not in line]
    assert wrong == []


def test_the_image_holds_all_layers_and_runs_without_rights() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
    assert copied == {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert "USER 10001" in text.split("FROM")[-1]
