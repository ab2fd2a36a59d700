"""`recommender`: all commands, and what becomes of errors.

Exit codes: 0 done; 1 the data say no; 2 wrong use; 3 unreadable input or system failure.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final

import typer
from pydantic import ValidationError

from features.errors import RecommenderError
from recommender.cli import data_command as data
from recommender.cli import demo_command as demo
from recommender.cli import diagnose_command as diagnose
from recommender.cli import doctor_command as doctor
from recommender.cli import evaluate_command as evaluate
from recommender.cli import models_command as models
from recommender.cli import plan_command as plan
from recommender.cli import recommend_command as recommend
from recommender.cli import serve_command as serve
from recommender.cli import simulate_command as simulate
from recommender.cli import token_command as token
from recommender.cli import train_command as train

# what Typer raises for a command line it cannot read; where it comes from depends on Typer's version
MISUSE: Final[Any] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="recommender",
    help="教师培训需求与课程推荐。 Training needs of teachers and schools, and the courses that answer them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
data.app.command()(simulate.simulate)
app.add_typer(data.app, name="data")
for command in (
    diagnose.diagnose, train.train, evaluate.evaluate, recommend.recommend, plan.plan, serve.serve, token.token,
    doctor.doctor,
):  # fmt: skip
    app.command()(command)
app.add_typer(models.app, name="models")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with the contract's exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one command line; errors become one line on stderr."""
    try:
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as closed:  # whoever read the output went away
        return 3 if closed.code == 1 else int(closed.code or 0)
    except typer.Abort:
        return _tell("Stopped: nothing more was done", 130)
    except MISUSE as wrong:
        if type(wrong).__name__ == "NoArgsIsHelpError":
            print(wrong.format_message())
            return 2
        return _tell(f"{wrong.format_message().rstrip('.')}: see `recommender --help`", 2)
    except RecommenderError as wrong:
        return _tell(str(wrong), wrong.exit_code)
    except ValidationError as wrong:
        named = ", ".join(
            f"RECOMMENDER_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in wrong.errors()
        )
        return _tell(f"Settings are wrong ({named}): correct them in the environment", 2)
    except OSError as wrong:
        place = f" {wrong.filename}" if wrong.filename else ""
        return _tell(
            f"{wrong.strerror or wrong}{place}: check that it exists, may be written and has room", 3
        )
    except MemoryError:
        return _tell("Not enough memory: close other programs or use a larger machine", 3)
    except Exception:  # a fault of ours, not the user's: shown in full, and never as exit code 1
        traceback.print_exc()
        return _tell("This is a fault of the program: please report the lines above", 3)


def _tell(message: str, code: int) -> int:
    print(f"recommender: {' '.join(message.split())}", file=sys.stderr)
    return code
