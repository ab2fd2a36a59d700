"""A full disk, a limit of file size, a disk that is read only, a flush that fails: one sentence, and nothing has changed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WORDS = {
    "import": ("data", "import", "{files}", "--yes"),
    "train": ("train",),
    "promote": ("models", "promote", "{second}"),
    "recommend": ("recommend", "--all", "--top", "2"),
    "plan": ("plan", "--district", "{school}", "--budget", "0", "--draws", "0"),
}
SHORT = ("import", "promote")
LIMIT = """
import resource, subprocess
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # tables on stdout would be too large
written = subprocess.Popen(["cat", "-u"], stdin=subprocess.PIPE, stdout=2)  # progress goes on: cat has no limit
os.dup2(written.stdin.fileno(), 2)
written.stdin.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
"""
NO_FLUSH = """
import errno
def failing(descriptor):
    raise OSError(errno.EIO, os.strerror(errno.EIO))
os.fsync = failing
"""
NO_CAPABILITIES = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)  # root reads permissions like everybody once its capabilities are gone
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert libc.capset(header, none) == 0, os.strerror(ctypes.get_errno())
"""


@pytest.fixture
def words(tools: Any, long: bool) -> Callable[[Path], Iterator[tuple[str, ...]]]:
    """words(root) -> the command lines to try on a workspace."""

    def lines(root: Path) -> Iterator[tuple[str, ...]]:
        names = {"files": tools.new_teacher(root), "second": tools.second(root), "school": tools.school(root)}
        for name in WORDS if long else SHORT:
            yield tuple(word.format(**names) for word in WORDS[name])

    return lines


def _tries(root: Path, words: Any, tools: Any, start: Any, line: Any, before: str = "") -> None:
    """Every command fails in one sentence and leaves everything as it was."""
    was, lines = tools.digests(root), list(words(root))
    for one in lines:
        command = start(*one, "--workspace", str(root), before=before)
        assert command.end() == 3, (one, command.text)
        line.tried += 1
        until = time.monotonic() + 5
        while "recommender: " not in command.text and time.monotonic() < until:
            time.sleep(0.01)  # the last of it may still be on its way through a pipe
        sentences = [part for part in command.text.splitlines() if part.startswith("recommender: ")]
        assert len(sentences) == 1 and "Traceback" not in command.text, command.text
        whole = tools.problems(root)
        line.lost += bool(whole)
        assert whole == [] and tools.leftovers(root) == []
        changed = {name for name, digest in tools.digests(root).items() if was.get(name) != digest}
        assert not any(name.startswith(("tables/", ".tables/", "bundles/", "scores/")) for name in changed), (one, changed)


def _works_again(root: Path, words: Any, tools: Any, start: Any, line: Any) -> None:
    for one in words(root):
        began = tools.clock()
        command = start(*one, "--workspace", str(root))
        assert command.end() == 0, command.text
        line.seconds.append(tools.clock() - began)


@pytest.mark.parametrize("before", [LIMIT, NO_FLUSH], ids=["file size limit", "failing fsync"])
def test_disk(before: str, copy: Any, words: Any, tools: Any, start: Any, line: Any) -> None:
    root = copy()
    _tries(root, words, tools, start, line, before)
    _works_again(root, words, tools, start, line)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """mounted(*words of mount) -> a folder with another disk; only for root."""
    folders: list[Path] = []

    def mount(*words: str) -> Path:
        folder = tmp_path / f"disk-{len(folders)}"
        folder.mkdir()
        done = subprocess.run(["mount", *words, str(folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk of its own can be mounted: {done.stderr.strip()}")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_disk_that_is_full(copy: Any, mounted: Any, words: Any, tools: Any, start: Any, line: Any) -> None:
    disk = mounted("-t", "tmpfs", "-o", "size=40m", "tmpfs")
    root = disk / "workspace"
    shutil.copytree(copy(), root, symlinks=True)
    lines = list(words(root))
    ballast = disk / "ballast"
    with pytest.raises(OSError, match="No space left"), open(ballast, "wb", buffering=0) as file:
        while file.write(b"0" * 4096):
            pass
    _tries(root, lambda _: iter(lines), tools, start, line)
    ballast.unlink()
    _works_again(root, lambda _: iter(lines), tools, start, line)


def test_disk_that_is_read_only(copy: Any, mounted: Any, words: Any, tools: Any, start: Any, line: Any) -> None:
    source = copy()
    disk = mounted("--bind", str(source.parent))
    root = disk / source.name
    lines = list(words(root))
    subprocess.run(["mount", "-o", "remount,ro,bind", str(disk)], check=True)
    _tries(root, lambda _: iter(lines), tools, start, line)
    for readable in (("models", "list"), ("data", "history"), ("doctor",)):
        command = start(*readable, "--workspace", str(root))
        assert command.end() in (0, 1) and "Traceback" not in command.text, command.text


def test_folder_without_permission_to_write(copy: Any, words: Any, tools: Any, start: Any, line: Any) -> None:
    root = copy()
    lines = list(words(root))
    folders = [root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        _tries(root, lambda _: iter(lines), tools, start, line, NO_CAPABILITIES)
    finally:
        for folder in folders:
            folder.chmod(0o700)
