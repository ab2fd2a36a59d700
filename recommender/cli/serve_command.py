"""`recommender serve`: the pages and the HTTP interface, on this machine by default."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

import recommender
from features.errors import UsageError
from recommender.cli.options import WorkspaceDir, workspace_of
from recommender.cli.screen import bilingual, progress, say
from recommender.pipeline import run_recommender
from recommender.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
APPLICATION = "api.app:create_app"  # by name: this layer does not import the one above
PROTOCOL = "api.client_deadlines:DeadlineProtocol"
KEEP_ALIVE = 5  # seconds
ALLOCATION = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}
"""All threads and Arrow allocate in one heap of the C library (glibc), which gives back what is free. Otherwise each has its
own, and what loading has freed stays in pieces of all of them (decision 1321)."""


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option("--workers", metavar="N", min=1, max=64)] = 1,
    workspace_dir: WorkspaceDir = None,
) -> None:
    """Serve the pages and the HTTP interface."""
    settings = Settings()
    workspace = workspace_of(workspace_dir, settings)
    check_keys(host, settings)
    check_port(host, port)
    with progress() as report:
        run_recommender(workspace, settings, progress=report)  # once, for all workers
    say(f"http://{host}:{port}")
    run(workspace.root, host, port, workers, fresh=True)


def check_keys(host: str, settings: Settings) -> None:
    """Keys that can be guessed: a warning where only this machine is served. Raises UsageError elsewhere."""
    for variable in settings.weak_keys():
        if settings.production or host not in LOOPBACK:
            raise UsageError("workspace.weak_key", variable=variable)
        typer.echo(bilingual("workspace.weak_key", variable=variable), err=True)


def check_port(host: str, port: int) -> None:
    """Raises UsageError where another program listens or the address is not one of this machine."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise UsageError("cli.port_taken", host=host, port=port, error=error.strerror) from error


def run(root: Path, host: str, port: int, workers: int = 1, fresh: bool = False) -> None:
    """Serve until stopped; workers are new processes that read the workspace from the environment.

    fresh: this process becomes the server, without what it has in memory, where the system can do that.
    """
    os.environ |= {"RECOMMENDER_WORKSPACE": str(root.resolve())} | ALLOCATION
    if fresh and os.name == "posix":
        sys.stdout.flush()
        options = {
            "app-dir": Path(recommender.__file__).parents[1], "host": host, "port": port, "workers": workers, "http": PROTOCOL,
            "log-level": "warning", "timeout-keep-alive": KEEP_ALIVE,
        }  # fmt: skip
        command = [f"--{name}={value}" for name, value in options.items()]
        command = ["-P", "-m", "uvicorn", "--factory", "--no-access-log", "--no-server-header", *command, APPLICATION]
        os.execv(sys.executable, [sys.executable, *command])
    uvicorn.run(
        APPLICATION, factory=True, host=host, port=port, workers=workers, log_level="warning",
        access_log=False, server_header=False, timeout_keep_alive=KEEP_ALIVE, http=PROTOCOL,
    )  # fmt: skip
