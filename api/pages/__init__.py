"""Pages: HTML made on the server, complete without scripts, Chinese first with English one link away."""
