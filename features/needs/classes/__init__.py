"""Classes and schools: what a class adds, where pupils are."""
