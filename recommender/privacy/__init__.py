"""Data about people: why each column is stored and for how long, who read it, and how it is deleted."""
