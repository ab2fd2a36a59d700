"""Readers: bytes of any accepted format become sheets, cells and typed columns."""
