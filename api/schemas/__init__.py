"""Answers of the interface: pydantic models with the column names of the files."""
