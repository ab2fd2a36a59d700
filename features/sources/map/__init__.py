"""Mapped files: sheets of any shape become tables."""
