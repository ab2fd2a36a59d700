"""Floor 4, shows: HTTP and pages. May import every floor below."""
