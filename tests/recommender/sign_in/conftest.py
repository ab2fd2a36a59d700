"""A real OpenID Connect provider in a process of its own, on this machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

PEOPLE = [
    {"sub": "u-17", "employee_no": "T1", "groups": ["teachers"]},
    {"sub": "u-20", "employee_no": "P1", "groups": ["planners"], "districts": ["440305"]},
    {"sub": "u-30", "employee_no": "G1", "groups": ["guests"]},
]


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The address of the provider."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "True"]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration", timeout=1)
                break
            except httpx.HTTPError:
                assert process.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)
