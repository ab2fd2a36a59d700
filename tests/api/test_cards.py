"""Every number on every teacher's page of a small city, found again in the tables that the sentence speaks of."""

from __future__ import annotations

import html
import io
import math
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.server_settings import ServerSettings
from features.needs.leaf_competencies import leaf_weights
from features.tables import Tables
from recommender.pipeline import run_recommend
from recommender.settings import Settings
from recommender.tokens import issue_token

KEY = "a key for tests that is long enough to be taken as one"
NEED = re.compile(
    r"“(?P<name>[^”]+)”: about (?P<points>-?\d+), likely (?P<low>-?\d+)–(?P<high>-?\d+) \(from (?P<evidence>[^)]+)\)\. "
    r"Target(?: for your (?P<whose>[a-z ]+))?: (?P<target>-?\d+)\."
)
SOURCES = {
    "observed lesson": "observation", "observed lessons": "observation", "survey of pupils": "student_feedback",
    "surveys of pupils": "student_feedback", "self-report": "self_report", "self-reports": "self_report",
    "test of a class taught": "class_results", "tests of classes taught": "class_results",
}  # fmt: skip
DEBT = {"in public courses": "public", "in professional courses": "professional", "in elective courses": "elective",
        "in courses of any category": "any"}  # fmt: skip


@pytest.fixture(scope="module")
def served(city: Any) -> Iterator[TestClient]:
    server = ServerSettings(Settings(workspace=city.workspace, signing_key=city.key, token_key=KEY))
    app = create_app(
        lambda: city.service, server.read_token, server.registry, io.StringIO(), server.plans, server.records, server.sign_in
    )
    with TestClient(app) as client:
        until = time.monotonic() + 20
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        yield client


class Facts:
    """The tables of the city, as a reader with a spreadsheet would count in them."""

    def __init__(self, city: Any) -> None:
        from recommender.workspace.workspace import Workspace

        workspace = Workspace(city.workspace)
        settings = Settings(workspace=city.workspace, signing_key=city.key)
        written = run_recommend(workspace, settings, top=10)
        self.tables: Tables = workspace.tables
        self.lists = pd.read_parquet(written.recommendations)
        self.needs = pd.read_parquet(workspace.scores / "needs.parquet")
        self.needs = self.needs[self.needs["unit_kind"] == "teacher"].set_index(["unit_id", "competency_id"]).sort_index()
        self.effects = pd.read_parquet(workspace.scores / "course_effects.parquet").set_index("course_id")
        self.courses = self.tables["courses"].set_index("course_id")
        self.names = self.tables["competencies"].set_index("name_en")["competency_id"]
        self.as_of = pd.Timestamp(city.service.as_of)
        self.left_out = 0

    def records(self, teacher: str, competency: str) -> tuple[dict[str, int], list[pd.Timestamp]]:
        """Lessons and surveys of a teacher whose items measure the competency, and all their dates."""
        counts, dates = {}, []
        for name, table, ids in (("observation", "observations", "lesson_id"), ("student_feedback", "surveys", "survey_id"),
                                 ("self_report", "surveys", "survey_id")):  # fmt: skip
            rows = self.tables[table]
            rows = rows[(rows["teacher_id"] == teacher) & (rows["date"] <= self.as_of)]
            if table == "surveys":
                rows = rows[rows["kind"] == name]
            rows = rows[rows["item"].isin(self._items(name, competency, teacher))]
            if len(rows):
                counts[name] = rows[ids].nunique()
                dates += list(rows["date"])
        return counts, dates

    def _items(self, source: str, competency: str, teacher: str) -> set[str]:
        """Indicators of a source that measure the competency for a teacher of this stage and subject."""
        rows = self.tables["indicators"]
        rows = rows[rows["source"] == source]
        weights = leaf_weights(self.tables["competencies"])
        about = rows["competency_id"].map(lambda parent: weights.at[parent, competency] > 0 if parent in weights.index else False)
        person = self.tables["teachers"].set_index("teacher_id").loc[teacher]
        own = rows["stage"].isna() | (rows["stage"] == person["stage"])
        own &= rows["subject"].isna() | rows["subject"].map(lambda s: s in str(person["subject"]).split(";"))
        return set(rows.loc[about & own, "indicator"])

    def target(self, teacher: str, competency: str) -> tuple[float, set[str]]:
        """The matching target with most filled selectors, and which these are."""
        person = self.tables["teachers"].set_index("teacher_id").loc[teacher]
        best: tuple[int, float, set[str]] = (-1, np.nan, set())
        for row in self.tables["targets"].query("competency_id == @competency").to_dict("records"):
            filled = {name for name in ("subject", "stage", "ladder_step", "role") if isinstance(row[name], str)}
            matches = all(row[name] in str(person[name]).split(";") for name in filled)
            if matches and len(filled) > best[0]:
                best = (len(filled), float(row["target"]), filled)
        return best[1], best[2]


@pytest.fixture(scope="module")
def facts(city: Any) -> Facts:
    return Facts(city)


def _page(client: TestClient, teacher: str) -> str:
    token = issue_token(KEY.encode(), "teacher", teacher, ())
    answer = client.get(f"/teachers/{teacher}?lang=en", headers={"Authorization": f"Bearer {token}", "Accept": "text/html"})
    assert answer.status_code == 200
    return str(answer.text)


def _text(part: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part))).strip()


def whole(points: float) -> int:
    """Halves up."""
    return math.floor(round(points, 6) + 0.5)


def _check_need(facts: Facts, teacher: str, text: str) -> str:
    match = NEED.search(text)
    assert match, text
    competency = str(facts.names[match["name"]])
    row = facts.needs.loc[(teacher, competency)]
    assert row["band"] in ("clear", "possible") and row["gap_mean"] > 0
    assert int(match["points"]) == whole(50 + 10 * row["mean"])
    assert int(match["low"]) == whole(50 + 10 * (row["mean"] - 1.6449 * row["sd"]))
    assert int(match["high"]) == whole(50 + 10 * (row["mean"] + 1.6449 * row["sd"]))
    target, whose = facts.target(teacher, competency)
    assert int(match["target"]) == whole(50 + 10 * target)
    named = {"step": "ladder_step"}
    said = {named.get(word, word) for word in (match["whose"] or "").split(" and ") if word}
    assert said == whose - {"role"}
    counts, dates = facts.records(teacher, competency)
    if "records on other competencies" in match["evidence"]:
        facts.left_out += bool(counts)
    else:
        *parts, latest = match["evidence"].split(", ")
        shown = {}
        for part in parts:
            n, words = part.split(" ", 1)
            shown[SOURCES[words]] = int(n)
        classes = shown.pop("class_results", 0)
        assert all(n <= counts.get(name, 0) for name, n in shown.items())
        if shown != counts:  # items used with one teacher alone, or without spread, are no record of her
            facts.left_out += 1
            return competency
        month = latest.removeprefix("the latest in ")
        if classes:
            tests = facts.tables["assessments"].query("date <= @facts.as_of")["date"]
            dates += [day for day in tests if f"{day:%b %Y}" == month]
        assert month in {f"{day:%b %Y}" for day in dates}
        if not classes:
            assert f"{max(dates):%b %Y}" == month
    return competency


def _check_help(text: str, mean: float, sd: float) -> None:
    small = re.search(r"less than (0.1) points \(likely (-?[\d.]+) – (-?[\d.]+)\)", text[:60])
    match = small or re.search(r"about (-?[\d.]+) points \(likely (-?[\d.]+) – (-?[\d.]+)\)", text)
    assert match, text
    assert (0 <= 10 * mean < 0.05) == bool(small)
    expected = (10 * mean, 10 * (mean - 1.6449 * sd), 10 * (mean + 1.6449 * sd))
    assert [float(value) for value in match.groups()][bool(small) :] == pytest.approx(expected[bool(small) :], abs=0.051)


def _check_hours(facts: Facts, hours: pd.DataFrame, course: pd.Series, text: str) -> None:
    parts = re.findall(r"([\d.,]+) of them count towards the ([\d.,]+) hours owed (in [a-z ]+?) \(by", text)
    last = course["end_date"] if pd.notna(course["end_date"]) else course["start_date"]
    expected = {}
    for rule in hours.to_dict("records"):
        late = pd.notna(last) and last > rule["cycle_end"]
        if rule["category"] in (course["category"], "any") and rule["owed"] > 0 and not late:
            expected[rule["category"]] = (min(course["hours"], rule["owed"]), rule["owed"])
    assert {DEBT[where] for _, _, where in parts} == set(expected)
    for n, owed, where in parts:
        assert (float(n.replace(",", "")), float(owed.replace(",", ""))) == pytest.approx(expected[DEBT[where]], abs=0.051)


@pytest.mark.slow
def test_every_number_of_every_card_is_that_of_the_tables(served: TestClient, city: Any, facts: Facts) -> None:
    from features.hours import hours_owed

    owed = hours_owed(facts.tables.until(city.service.as_of), city.service.as_of).groupby("teacher_id")
    needs_seen = cards_seen = extensions = sums = 0
    for teacher in facts.tables["teachers"]["teacher_id"]:
        page = _page(served, teacher)
        own = facts.lists[(facts.lists["unit_kind"] == "teacher") & (facts.lists["unit_id"] == teacher)]
        needs = [_text(part) for part in re.findall(r'<li class="need">(.*?)</li>', page, re.S)]
        shown = {_check_need(facts, teacher, text) for text in needs}
        below_target = {}
        for text in needs:
            match = NEED.search(text)
            assert match
            below_target[match["name"]] = int(match["target"]) - int(match["points"])
            assert ("Open course that helps most with this" in text) != ("There is no open course for this now" in text)
        cards = re.findall(r'<article class="card">(.*?)</article>', page, re.S)
        assert len(cards) == min(3, len(own))
        for card, row in zip(cards, own.to_dict("records"), strict=False):
            text, course = _text(card), facts.courses.loc[row["course_id"]]
            assert course["title"] in text
            for below, name in re.findall(r'about (\d+) points? below target in "([^"]+)"', text.split("What would")[0]):
                assert int(below) == below_target[name]
                sums += 1
            _check_help(text.split("Expected help", 1)[1], row["gain_mean"], row["gain_sd"])
            rules = owed.get_group(teacher) if teacher in owed.groups else pd.DataFrame(columns=["category"])
            _check_hours(facts, rules, course, text)
            if row["basis"] == "personal":
                assert (row["need_id"] == "") == text.split("Expected help")[0].endswith("possible needs. ")
                assert row["need_id"] == "" or row["need_id"] in shown
                extensions += row["need_id"] == ""
            compared = facts.effects.at[row["course_id"], "n_comparison"]
            assert not (compared > 0 and "no comparison group" in text)
            cards_seen += 1
        tied = re.search(r"The top (\d) are about equal", page)
        first = own["tied_with_first"].to_numpy(bool)[1:3]
        assert (int(tied[1]) if tied else 1) == 1 + int(np.cumprod(first).sum())
        needs_seen += len(needs)
    assert needs_seen > 200 and cards_seen > 400 and extensions > 0 and sums > 200
    assert facts.left_out < 0.05 * needs_seen
