"""Floor 2, learns: train, judge, bundle. May import features."""
