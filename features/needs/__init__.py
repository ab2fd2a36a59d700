"""Needs: from evidence to the posterior of a competency gap."""

from features.needs.diagnose import diagnose

__all__ = ["diagnose"]
