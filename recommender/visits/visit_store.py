"""Proposals of visits in a workspace, the last one of each organization: counts alone, no person.

WORKSPACE/visits/NAME.json     NAME stands for the organization, `all` for the whole workspace
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Final

from features.documents import DocumentError
from features.messages import message
from models.bundles.checked_json import read_checked, write_checked
from models.bundles.durable import make_private_folder
from recommender.visits.visit_plan import VisitPlan

FOLDER: Final = "visits"
LOG: Final = logging.getLogger("recommender.damage")


def visit_file(root: Path, org_id: str) -> Path:
    """Where the proposal of an organization is; "" for the whole workspace."""
    name = hashlib.sha256(org_id.encode()).hexdigest()[:16] if org_id else "all"
    return root / FOLDER / f"{name}.json"


def write_visits(root: Path, plan: VisitPlan) -> None:
    """Replaces the proposal of its organization."""
    path = visit_file(root, plan.org_id)
    make_private_folder(path.parent)
    write_checked(path, plan.as_json())


def read_visits(root: Path, org_id: str) -> VisitPlan | None:
    """None where there is none, or where it is damaged: then it is made again by the command."""
    path = visit_file(root, org_id)
    try:
        content = read_checked(path)
        return None if content is None else VisitPlan.from_json(content)
    except (DocumentError, OSError) as error:
        LOG.warning("%s", message("visits.damaged", path=path, error=str(error)))
        return None
