"""What courses do: expected gain, tests and comparisons."""
