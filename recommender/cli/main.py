"""`recommender`: all commands, and what becomes of errors.

Exit codes: 0 done; 1 the data do not allow it; 2 wrong use; 3 unreadable input or system failure.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import typer
from pydantic import ValidationError

from features.errors import RecommenderError
from features.messages import Message, message
from recommender.cli import audit_command as audit
from recommender.cli import coverage_command as coverage
from recommender.cli import data_command as data
from recommender.cli import demo_command as demo
from recommender.cli import diagnose_command as diagnose
from recommender.cli import doctor_command as doctor
from recommender.cli import erase_command as erase
from recommender.cli import evaluate_command as evaluate
from recommender.cli import hour_files_command as hour_files
from recommender.cli import hours_command as hours
from recommender.cli import models_command as models
from recommender.cli import plan_command as plan
from recommender.cli import privacy_command as privacy
from recommender.cli import recommend_command as recommend
from recommender.cli import research_command as research
from recommender.cli import retention_command as retention
from recommender.cli import serve_command as serve
from recommender.cli import simulate_command as simulate
from recommender.cli import store_command as store
from recommender.cli import token_command as token
from recommender.cli import train_command as train
from recommender.cli import visits_command as visits
from recommender.cli.command_line_errors import CommandLineError, is_help, read_error
from recommender.cli.screen import bilingual, printable
from recommender.text import render
from recommender.text.languages import user_language

app = typer.Typer(
    name="recommender",
    help=bilingual("cli.recommender", " "),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data.app.command(help=bilingual("cli.command_simulate", " "))(simulate.simulate)
data.app.command(help=bilingual("coverage.command", " "))(coverage.coverage)
app.command(help=bilingual("cli.command_demo", " "))(demo.demo)
app.add_typer(data.app, name="data")
for command in (
    diagnose.diagnose, train.train, evaluate.evaluate, recommend.recommend, plan.plan, serve.serve, token.token,
    doctor.doctor,
):  # fmt: skip
    app.command(help=bilingual(f"cli.command_{command.__name__}", " "))(command)
app.command(help=bilingual("privacy.command_audit", " "))(audit.audit)
app.command(help=bilingual("privacy.command_retention", " "))(retention.retention)
app.command(help=bilingual("privacy.command_erase", " "))(erase.erase)
app.command("research-export", help=bilingual("research.command_research_export", " "))(research.research_export)
app.command(help=bilingual("visits.command", " "))(visits.visits)
for part in (hour_files.decide, hour_files.export, hour_files.preview):
    hours.app.command(help=bilingual(f"hours.command_{part.__name__}", " "))(part)
app.add_typer(hours.app, name="hours")
app.add_typer(models.app, name="models")
app.add_typer(store.app, name="store")
app.add_typer(privacy.app, name="privacy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command line; errors become one line on stderr, in the user's language."""
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as end:  # the reader of a pipe closed it
        return 3 if end.code == 1 else int(end.code or 0)
    except typer.Abort:
        return _fail(message("cli.stopped"), 130)
    except CommandLineError as error:
        if is_help(error):
            print(error.format_message())
            return 2
        return _fail(message("cli.bad_command_line", detail=read_error(error)), 2)
    except RecommenderError as error:
        return _fail(error.message, error.exit_code)
    except ValidationError as error:
        return _fail(message("cli.bad_settings", settings=", ".join(map(_setting, error.errors()))), 2)
    except OSError as error:
        file = f" {error.filename}" if error.filename else ""
        return _fail(message("cli.system_error", error=error.strerror or str(error), file=file), 3)
    except MemoryError:
        return _fail(message("cli.out_of_memory"), 3)
    except Exception:  # a fault of the program, not of the user: printed in full, and never exit code 1
        traceback.print_exc()
        return _fail(message("cli.program_fault"), 3)


def _setting(error: Any) -> str:
    return f"RECOMMENDER_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}"


def _fail(what: Message | str, code: int) -> int:
    with suppress(OSError):  # where stderr is a file on a full disk the exit code alone tells
        print(f"recommender: {printable(' '.join(render(what, user_language()).split()))}", file=sys.stderr, flush=True)
    return code
