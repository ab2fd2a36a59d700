"""A teacher's view of herself: the items, what her answers change at once, and how they reach the next diagnosis."""
