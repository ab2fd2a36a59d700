"""Builders of features, one subject a file."""
