"""Sources: files of any accepted kind become tables, with every problem as a row."""
