"""One trained version on disk: plain text files, a manifest that names their hashes, a signature over it.

    VERSION/manifest.json    canonical JSON: what it is, from which data, how judged, sha256 of each file
    VERSION/manifest.sig     HMAC-SHA256 of manifest.json, hex
    VERSION/ranker.txt       LightGBM text (only where a ranker was trained; -2, -3: further seeds)
    VERSION/completion.json  VERSION/uptake.json  VERSION/need_rule.json  VERSION/calibration.json
    VERSION/card.md          the model card, Chinese and English

LightGBM's parser kills or hangs the process on damaged text and silently scores wrong on changed digits, so
no parser sees a byte before the signature and all hashes fit; what is parsed are the very bytes that were
hashed. Nothing is ever unpickled. A version is written beside and moved into place in one step.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from features.errors import UntrustedBundleError
from features.snapshot import Snapshot
from models.bundles.signing import canonical, check_file, check_signature, sha256, sign
from models.evaluation.promotion_gate import Objective, RankedBy
from models.rankers.scoring_model import PreparedScoringModel, ScoringModel, read_scoring_model

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
FORMAT: Final = 1
LARGEST: Final = {  # bytes; more is not ours
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
FILES: Final = tuple(name for name in LARGEST if name not in (MANIFEST, SIGNATURE))


@dataclass(frozen=True)
class Bundle:
    """A trusted version, ready to score."""

    version: str
    as_of: date
    objective: Objective
    ranked_by: RankedBy
    made_up: bool
    manifest: Mapping[str, Any]
    card: str
    served: ScoringModel

    def prepare(self, snapshot: Snapshot) -> PreparedScoringModel:
        """The scorer of pairs given by their indices in `snapshot`; memory grows with a block, not with n."""
        return self.served.prepare(snapshot)


def write_bundle(
    directory: Path, files: Mapping[str, bytes], about: Mapping[str, Any], key: bytes, created: datetime
) -> str:
    """Write a version under `directory` and return its name, `<as-of>-<first 8 of its hash>`.

    files: content by name (`FILES`). about: everything the manifest says, with `as_of`, `objective`,
    `ranked_by` and `made_up`. The name depends on these alone, so training twice on the same data gives the
    same version; `created` is only noted. An identical version that can still be trusted is left as it
    stands. Raises ValueError on an unknown or missing file.
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
            shutil.rmtree(target)  # damaged or signed with another key: the fresh one takes its place
    fresh = directory / f".{version}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    signature = sign(manifest, key).encode("ascii")
    for name, data in {**files, MANIFEST: manifest, SIGNATURE: signature}.items():
        with open(fresh / name, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    _flush(fresh)
    os.replace(fresh, target)
    _flush(directory)
    return version


def read_bundle(path: Path, key: bytes) -> Bundle:
    """The bundle in `path`, after its signature and the hash of every file were found right.

    Raises UntrustedBundle, naming the file, on anything else: missing, too large, changed, or signed
    otherwise.
    """
    raw = _bytes(path, MANIFEST)
    check_signature(raw, _bytes(path, SIGNATURE), key)
    manifest = json.loads(raw)
    if manifest["format"] != FORMAT or manifest["version"] != path.name:
        raise UntrustedBundleError(f"The model in {path.name} is of another format or version: train again")
    listed = manifest["files"]
    if not set(FILES) - OPTIONAL <= set(listed) <= set(FILES):
        raise UntrustedBundleError(f"The model in {path.name} does not hold the files it should: train again")
    files = {name: _bytes(path, name) for name in sorted(listed)}
    for name, data in files.items():
        check_file(name, data, listed[name])
    return Bundle(
        version=manifest["version"],
        as_of=date.fromisoformat(manifest["as_of"]),
        objective=manifest["objective"],
        ranked_by=manifest["ranked_by"],
        made_up=manifest["made_up"],
        manifest=manifest,
        card=files["card.md"].decode("utf-8"),
        served=read_scoring_model(files, manifest["objective"], manifest["ranked_by"]),
    )


def _bytes(directory: Path, name: str) -> bytes:
    """A regular file no larger than it may be."""
    try:
        with open(directory / name, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST[name]:
                raise UntrustedBundleError(f"{name} of the model is not a file of a sensible size")
            data = file.read(LARGEST[name] + 1)
    except OSError as wrong:
        raise UntrustedBundleError(f"{name} of the model cannot be read: train again") from wrong
    return data


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
