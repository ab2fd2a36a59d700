"""Evidence: measurements of every source in one unit, and whom each speaks of."""
