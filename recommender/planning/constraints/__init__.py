"""One file a family of limits. Each turns what a planner asked for into Rows, Tallies, or pairs and courses
that are decided already; a new family is one more file and one more line in `posing.py`."""
