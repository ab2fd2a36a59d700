"""Signed bundles and their registry."""
