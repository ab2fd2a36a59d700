"""The planning problem: district data, limits, linear constraints."""
