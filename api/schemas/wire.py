"""What all answers share: pydantic models read from the frozen dataclasses."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Read from the frozen dataclasses; numbers that are not finite become null."""

    model_config = ConfigDict(from_attributes=True, frozen=True, ser_json_inf_nan="null")
