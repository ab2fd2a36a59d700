"""One trained version on disk: plain text files, a manifest with their hashes, a signature over the manifest.

    VERSION/manifest.json    canonical JSON: objective, data, evaluation, sha256 of each file
    VERSION/manifest.sig     HMAC-SHA256 of manifest.json, hex
    VERSION/ranker.txt       LightGBM text (only where a ranker was trained; -2, -3: further seeds)
    VERSION/completion.json  VERSION/uptake.json  VERSION/need_rule.json  VERSION/calibration.json
    VERSION/card.md          the model card, Chinese and English

LightGBM's parser kills or hangs the process on damaged text and silently returns wrong scores on changed digits, so
no parser sees a byte before the signature and all hashes were verified; the bytes parsed are the bytes hashed.
Nothing is ever unpickled. A version is written beside and moved into place in one step.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from features.documents import parse_json
from features.errors import UntrustedBundleError
from features.snapshot import Snapshot
from models.bundles.durable import flush_folder, make_private_folder, temporary_beside, write_bytes
from models.bundles.signing import canonical, check_file, check_signature, sha256, sign
from models.evaluation.promotion_gate import Objective, RankedBy
from models.rankers.scoring_model import PreparedScoringModel, ScoringModel, read_scoring_model

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
FORMAT: Final = 1
MAX_BYTES: Final = {
    MANIFEST: 4_000_000,
    SIGNATURE: 1_000,
    "ranker.txt": 256_000_000,
    "ranker-2.txt": 256_000_000,
    "ranker-3.txt": 256_000_000,
    "completion.json": 64_000_000,
    "uptake.json": 64_000_000,
    "need_rule.json": 16_000_000,
    "calibration.json": 16_000_000,
    "card.md": 4_000_000,
}
OPTIONAL: Final = frozenset({"ranker.txt", "ranker-2.txt", "ranker-3.txt", "calibration.json"})
FILES: Final = tuple(name for name in MAX_BYTES if name not in (MANIFEST, SIGNATURE))


@dataclass(frozen=True)
class Bundle:
    """A version whose signature and hashes were verified, ready to score."""

    version: str
    as_of: date
    objective: Objective
    ranked_by: RankedBy
    simulated: bool
    manifest: Mapping[str, Any]
    card: str
    scoring_model: ScoringModel

    def prepare(self, snapshot: Snapshot) -> PreparedScoringModel:
        """The scorer of pairs given by their indices in `snapshot`; memory grows with a block, not with n."""
        return self.scoring_model.prepare(snapshot)


def write_bundle(
    directory: Path, files: Mapping[str, bytes], about: Mapping[str, Any], key: bytes, created: datetime
) -> str:
    """Write a version under `directory` and return its name, `<as-of>-<first 8 of its hash>`.

    files: content by name (`FILES`). about: the rest of the manifest, with `as_of`, `objective`, `ranked_by` and
    `made_up`. The name depends on these only, so training twice on the same data gives the same version; `created`
    is recorded without changing it. An identical version that verifies is left unchanged. Raises ValueError on an
    unknown or missing file.
    """
    unknown, missing = set(files) - set(FILES), set(FILES) - OPTIONAL - set(files)
    if unknown or missing:
        raise ValueError(f"a bundle cannot hold {sorted(unknown)} and needs {sorted(missing)}")
    content = {**about, "format": FORMAT, "files": {name: sha256(files[name]) for name in sorted(files)}}
    version = f"{about['as_of']}-{sha256(canonical(content))[:8]}"
    manifest = canonical({**content, "version": version, "created": created.isoformat(timespec="seconds")})
    target = directory / version
    if target.exists():
        try:
            read_bundle(target, key)
            return version
        except UntrustedBundleError:
            shutil.rmtree(target)  # damaged or signed with another key: replaced
    temporary = temporary_beside(target)
    make_private_folder(temporary)
    try:
        signature = sign(manifest, key).encode("ascii")
        for name, data in {**files, MANIFEST: manifest, SIGNATURE: signature}.items():
            write_bytes(temporary / name, data)
        _move(temporary, target, key)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    flush_folder(directory)
    return version


def _move(temporary: Path, target: Path, key: bytes) -> None:
    """Moves a new version into place. One that another process wrote meanwhile stays where it is intact."""
    try:
        os.replace(temporary, target)
    except OSError:  # not empty
        read_bundle(target, key)


def read_bundle(path: Path, key: bytes) -> Bundle:
    """The bundle in `path`, after its signature and the hash of every file were verified.

    Raises UntrustedBundleError, with the name of the file, on anything else: missing, too large, changed, or signed
    with another key.
    """
    manifest = _manifest(path, key)
    hashes = manifest["files"]
    files = {name: _bytes(path, name) for name in sorted(hashes)}
    for name, data in files.items():
        check_file(name, data, hashes[name])
    return Bundle(
        version=manifest["version"],
        as_of=date.fromisoformat(manifest["as_of"]),
        objective=manifest["objective"],
        ranked_by=manifest["ranked_by"],
        simulated=manifest["made_up"],
        manifest=manifest,
        card=files["card.md"].decode("utf-8"),
        scoring_model=read_scoring_model(files, manifest["objective"], manifest["ranked_by"]),
    )


def describe_bundle(path: Path, key: bytes) -> tuple[dict[str, Any], str]:
    """Manifest and card of the bundle in `path`, after the signature and the card's hash were verified; nothing else is
    read. Raises as `read_bundle` does."""
    manifest = _manifest(path, key)
    card = _bytes(path, "card.md")
    check_file("card.md", card, manifest["files"]["card.md"])
    return manifest, card.decode("utf-8")


def _manifest(path: Path, key: bytes) -> dict[str, Any]:
    """The verified manifest."""
    raw = _bytes(path, MANIFEST)
    check_signature(raw, _bytes(path, SIGNATURE), key)
    manifest = parse_json(raw)
    if manifest["format"] != FORMAT or manifest["version"] != path.name:
        raise UntrustedBundleError("models.other_format", version=path.name)
    if not set(FILES) - OPTIONAL <= set(manifest["files"]) <= set(FILES):
        raise UntrustedBundleError("models.other_files", version=path.name)
    return manifest


def _bytes(directory: Path, name: str) -> bytes:
    """Content of a regular file of at most MAX_BYTES."""
    try:
        with open(directory / name, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES[name]:
                raise UntrustedBundleError("models.file_size", name=name)
            data = file.read(MAX_BYTES[name] + 1)
    except OSError as error:
        raise UntrustedBundleError("models.file_unreadable", name=name) from error
    return data
