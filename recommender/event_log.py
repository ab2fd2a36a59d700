"""The log of a server and its workers: one JSON object a line, with the time in UTC. Never a name, score or token."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

FRAMES: Final = 3  # innermost calls that are logged of an error


def event_log(stream: TextIO | None = None) -> Any:
    """A logger that writes to `stream`, standard error without one."""
    return structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.BoundLogger,
    )


def place_of(error: BaseException) -> list[str]:
    """File, line and function of the innermost calls of an error; its message may hold a name or a score."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
