"""Objections of teachers: who answers them and by when, and what an upheld one changes."""
