"""Hours of continuing education: claimed, checked, recognised, and who is short."""
