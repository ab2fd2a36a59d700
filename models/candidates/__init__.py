"""Candidate generation for the next enrolment."""
