"""Alembic migrations of the records, up and down; `recommender store migrate` runs them."""
