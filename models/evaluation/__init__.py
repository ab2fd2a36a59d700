"""Evaluation: metrics, intervals, off-policy value, the promotion gate."""
