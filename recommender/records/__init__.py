"""What people do: feedback, the switch, objections, self-assessments, and who read what; kept in a database."""
