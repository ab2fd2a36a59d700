"""Sources: files of any accepted kind become tables, with every issue as a row; `read_tables` is the entry.

Nothing is imported here: the process that reads files imports its readers only.
"""
