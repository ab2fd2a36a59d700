"""Files for people: the report on a diagnosis, the workbook to fill in, the model card."""
