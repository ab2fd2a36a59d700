"""The JSON addresses under /v1 and those that operators watch."""
