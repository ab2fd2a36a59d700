"""Solvers: Lagrangian relaxation, column generation, MILP."""
