"""Plans of a workspace: run, store, worker, workbook."""
