"""Exports of questionnaires: which columns are questions, on which scale, and what answers in words stand for."""
