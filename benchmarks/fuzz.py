"""Requests made up from the OpenAPI description, and what they are answered with: `make fuzz`, or

    python benchmarks/fuzz.py [--requests 20000] [--roles ROLE ...] [--seed 0] [--teachers 300] [--workspace DIR]

A real server over a simulated city, each role with a token of its own. A third of the requests follow the description, a third
break it on purpose, a third are sequences in which answers are used further (Schemathesis, its state machine). Ids are those of
the role, of others and made up. Counts answers by role and status; a server error, a status or a media type that is not
described, or a body that is not as described, is a fault: the exit code is 1, and each kind is printed with one request.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import NoLinksFound
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: Final = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
DEMO: Final = "from recommender.cli.main import main; main()"
STEPS: Final = 6  # requests of one sequence
QUIET: Final = list(HealthCheck)
Ids = Mapping[str, tuple[str, ...]]


@dataclass
class Tally:
    """What one role got. faults: kind and address -> one request, as a command."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    faulty: int = 0
    sequences: int = 0  # requests that were made with something from an earlier answer
    broken_off: int = 0  # rounds of sequences that a changed state of the server ended early

    @property
    def requests(self) -> int:
        """In all."""
        return self.statuses.total()

    def note(self, case: Any, response: Any) -> None:
        """Counts an answer and checks it against the description."""
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            self.faulty += 1
            first = error.exceptions[0] if isinstance(error, FailureGroup) else error
            kind = f"{type(first).__name__} {response.status_code} {case.operation.label}"
            self.faults.setdefault(kind, case.as_curl_command())


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def fuzz(url: str, token: str, ids: Ids, number: int, start: int = 0) -> Tally:
    """About `number` requests of one role. ids: parameter -> ids that replace made-up ones in three of four requests."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    tally, session = Tally(), requests.Session()
    signed = {"session": session, "auth": _Bearer(token)}  # a header would be left out where a request breaks the rules
    _use_ids(schema, ids)
    operations = [result.ok() for result in schema.get_all_operations()]
    each = max(1, number // (3 * len(operations)))
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send(operation, mode, each, signed, tally, start)
    _send_sequences(schema, signed, tally, number, start)
    return tally


def _use_ids(schema: Any, ids: Ids) -> None:
    def known(name: str, value: Any) -> Any:
        chance = zlib.crc32(repr(value).encode("utf-8", "replace"))
        return ids[name][chance // 4 % len(ids[name])] if name in ids and chance % 4 else value

    @schema.hook("map_path_parameters")
    def in_path(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        return path_parameters and {name: known(name, value) for name, value in path_parameters.items()}

    @schema.hook("map_body")
    def in_body(context: Any, body: Any) -> Any:
        return {name: known(name, value) for name, value in body.items()} if isinstance(body, dict) else body


def _limits(examples: int, **more: Any) -> Any:
    return settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=QUIET, **more
    )


def _send(operation: Any, mode: GenerationMode, number: int, signed: Any, tally: Tally, start: int) -> None:
    until = tally.requests + number

    @seed(start)
    @_limits(number)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if tally.requests < until:
            tally.note(case, case.call(**signed))

    try:
        send()
    except Exception as error:  # an address without parameters cannot be asked wrongly
        if type(error).__name__ not in ("Unsatisfiable", "SkipTest", "Skipped"):
            raise


def _send_sequences(schema: Any, signed: Any, tally: Tally, number: int, start: int) -> None:
    class Sequence(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return dict(signed)

        def validate_response(self, response: Any, case: Any, *arguments: Any, **more: Any) -> None:
            if tally.requests < number:
                tally.note(case, response)

        def step(self, input: Any) -> Any:
            tally.sequences += input.transition is not None
            return super().step(input)

    round_ = 0
    while tally.requests < number:
        before, round_ = tally.requests, round_ + 1
        try:
            seed(start + round_)(Sequence.TestCase)
            Sequence.TestCase.settings = _limits(max(1, (number - before) // STEPS), stateful_step_count=STEPS)
            Sequence.TestCase("runTest").runTest()
        except NoLinksFound:
            return
        except Flaky:  # the server remembers: a plan that was adopted leads on to other requests than before
            tally.broken_off += 1
        if tally.requests == before:
            return


def report(tallies: Mapping[str, Tally]) -> int:
    """Prints a line a role and every kind of fault; how many answers were faults."""
    print(f"{'role':12} {'requests':>9} {'linked':>7} {'5xx':>5} {'faults':>7} {'broken off':>10}  by status")
    for role, tally in tallies.items():
        failures = sum(n for status, n in tally.statuses.items() if status >= 500)
        statuses = "  ".join(f"{status}: {n:,}" for status, n in sorted(tally.statuses.items()))
        counts = f"{tally.requests:9,} {tally.sequences:7,} {failures:5} {tally.faulty:7} {tally.broken_off:10}"
        print(f"{role:12} {counts}  {statuses}")
    for role, tally in tallies.items():
        for kind, command in tally.faults.items():
            print(f"\n{role}: {kind}\n    {command[:600]}")
    return sum(tally.faulty for tally in tallies.values())


def main() -> int:
    """Exit code 1 for any fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000, help="of each role")
    parser.add_argument("--roles", nargs="+", help="these alone")
    parser.add_argument("--seed", type=int, default=0, help="other requests for another seed")
    parser.add_argument("--teachers", type=int, default=300)
    parser.add_argument("--workspace", type=Path, help="a finished city; without it one is simulated")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = options.workspace or _city(Path(folder) / "workspace", options.teachers)
        return _over(workspace, options.requests, options.roles, options.seed)


def _city(workspace: Path, teachers: int) -> Path:
    command = [sys.executable, "-c", DEMO, "demo", "--no-serve", "--teachers", str(teachers)]
    subprocess.run([*command, "--workspace", str(workspace)], check=True, stdout=subprocess.DEVNULL)
    return workspace


def _over(workspace: Path, number: int, roles: Sequence[str] | None, start: int) -> int:
    from recommender.settings import Settings
    from recommender.tokens import ROLES, issue_token
    from recommender.workspace.workspace import Workspace

    tables = Workspace(workspace).tables
    teachers, orgs = tables["teachers"], tables["organizations"]
    teacher, school = str(teachers["teacher_id"].iloc[0]), str(teachers["school_id"].iloc[0])
    districts = [str(org) for org in orgs.loc[orgs["kind"] == "district", "org_id"]]
    district = str(orgs.set_index("org_id")["parent_id"][school])
    scopes = {"teacher": (teacher, ()), "school": ("head", (school,)), "district": ("planner", (district,))}
    ids: Ids = {
        "teacher_id": (teacher, teacher, str(teachers["teacher_id"].iloc[-1])),
        "school_id": (school, school, str(teachers["school_id"].iloc[-1])),
        "district_id": (district, district, districts[-1]),
        "objection_id": ("1", "2"),
        "course_id": tuple(str(course) for course in tables["courses"]["course_id"].iloc[:5]),
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ, "RECOMMENDER_WORKSPACE": str(workspace.resolve()), "RECOMMENDER_WRITES_PER_MINUTE": "1000000000",
        "RECOMMENDER_PLANS_PER_PERSON": "20",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port), "--log-level", "error"]
    with (workspace / "fuzz-server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server)
        tallies = {}
        for role in roles or ROLES:
            subject, scope = scopes.get(role, (role, ()))
            token = issue_token(Settings().session_key(), role, subject, scope, minutes=24 * 60)
            tallies[role] = fuzz(url, token, ids, number, start)
            print(f"{role}: {tallies[role].requests:,} requests, {tallies[role].faulty} faults", file=sys.stderr)
        return 1 if report(tallies) else 0
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not get ready")


if __name__ == "__main__":
    sys.exit(main())
