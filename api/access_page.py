"""Which status each role gets from each address, for objects of its own, of others and unknown ones, as a Markdown page:
`python -m api.access_page` prints it. A test walks it against the running application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from starlette.routing import Mount, Route

from api.auth import GRANTS, OPEN, Grant
from recommender.tokens import ROLES, Role

METHODS: Final = ("GET", "POST")
_INTRO: Final = """# 谁能打开什么 · Who may open what

由 `python -m api.access_page` 生成；测试逐格在运行中的服务上核对，新地址不列入就不通过。
Made by `python -m api.access_page`; a test walks every cell against the running application, and a new address fails until it is
in it.

每格：自己的 · 他人的 · 不存在的；“-”表示没有这种对象。自己的：本人；本校及其教师；本区及其学校和方案；目录中的任何课程。
A cell: own · another's · unknown; "-" where there is no such object. Own: herself; the school and its teachers; the district, its
schools and plans; any course of the catalogue.

403：该角色不能用这个地址。404：不是自己的，或不存在，两者的回答完全相同。401：没有登录。303：表单已保存，转到结果页。
403: not for this role. 404: not its own, or nobody's: the answers are the same. 401: not signed in.
303: a form was kept, its page follows.
"""
_OPEN: Final = """
## 不登录也能打开 · Without signing in

不含任何人、学校和课程的数据；带着登录打开，内容不会更多（首页除外：它列出登录者自己能做的事）。
Nothing about a person, school or course; signed in they hold no more
(but for the first page, which lists what its reader can do).
"""


@dataclass(frozen=True)
class AccessRow:
    """One address and method. statuses: role -> of its own object, another's and an unknown one; None: no such object."""

    method: str
    path: str
    statuses: Mapping[Role, tuple[int, int | None, int | None]]

    @property
    def parameter(self) -> str:
        """The name of what the path names; empty where it names nothing."""
        return self.path.partition("{")[2].partition("}")[0]


def access_rows(app: FastAPI) -> tuple[AccessRow, ...]:
    """All addresses that ask who is there, in the order of `GRANTS`. Raises KeyError for one that is not granted to anybody."""
    methods = {(path, method): status for path, method, status in _methods(app.routes) if path not in OPEN}
    missing = {path for path, _ in methods} - set(GRANTS)
    if missing:
        raise KeyError(", ".join(sorted(missing)))
    return tuple(
        AccessRow(method, path, {role: _statuses(grant, path, role, methods[path, method]) for role in ROLES})
        for path, grant in GRANTS.items()
        for method in METHODS
        if (path, method) in methods
    )


def _statuses(grant: Grant, path: str, role: Role, success: int) -> tuple[int, int | None, int | None]:
    owned, named = grant.unit != "none" or grant.body != "none", "{" in path
    if role not in grant.roles:
        return 403, 403 if owned else None, 403 if owned or named else None
    return success, 404 if owned else None, 404 if owned or named else None


def _methods(routes: Sequence[Any]) -> Iterator[tuple[str, str, int]]:
    for route in routes:
        if isinstance(route, Mount):
            yield route.path, "GET", 200
        elif isinstance(route, APIRoute):
            for method in sorted((route.methods or set()) & set(METHODS)):
                usual = 303 if method == "POST" and not route.include_in_schema else 200
                yield route.path_format, method, route.status_code or usual
        elif isinstance(route, Route):
            yield route.path, "GET", 200
        else:
            yield from _methods(route.original_router.routes)


def access_page(app: FastAPI) -> str:
    """The whole page, ending in one newline."""
    head = f"| | address | {' | '.join(ROLES)} | – |"
    rows = [
        f"| {row.method} | `{row.path}` | {' | '.join(map(_cell, row.statuses.values()))} | 401 |"
        for row in access_rows(app)
    ]
    open_paths = [f"- `{path}`" for path in sorted({path for path, _, _ in _methods(app.routes)} & OPEN)]
    return "\n".join([_INTRO, head, "|" + "---|" * (len(ROLES) + 3), *rows, _OPEN, *open_paths, ""])


def _cell(statuses: tuple[int, int | None, int | None]) -> str:
    return "403" if statuses[0] == 403 else " · ".join("-" if status is None else str(status) for status in statuses)


def empty_app() -> FastAPI:
    """The application with its addresses and nothing to answer from."""
    from api.app import create_app
    from api.server_settings import ServerSettings
    from recommender.settings import Settings

    with TemporaryDirectory() as folder:
        server = ServerSettings(Settings(workspace=Path(folder), token_key=SecretStr("signs nothing: nobody is answered")))
        return create_app(
            server.service, server.read_token, server.registry, None, server.plans, server.records, server.sign_in
        )


if __name__ == "__main__":
    print(access_page(empty_app()), end="")
