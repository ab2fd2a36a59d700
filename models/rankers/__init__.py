"""Rankers and baselines behind one scorer protocol."""
