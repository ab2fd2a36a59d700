"""Trained versions as people see them: what each is, how it compares, and who put it into use."""
