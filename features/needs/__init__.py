"""Needs: from evidence to the posterior of a competency gap."""
