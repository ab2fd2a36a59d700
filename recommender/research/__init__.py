"""Data for research: de-identified, with the risk of re-identification measured."""
