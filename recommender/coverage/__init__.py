"""Who has handed in which tables, how much of a school they cover, and how much less is known without them."""
