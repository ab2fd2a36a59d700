"""The workspace: one directory of tables, bundles, scores."""
