"""Planning: from gains, costs and limits to a plan with a proven bound. Imports models and features only."""
