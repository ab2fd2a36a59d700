"""Lists of teachers that are computed ahead of their requests."""
