"""Sheets with a row a pupil, a respondent or a class: which section of a mapping file reduces them."""
