"""What people do: feedback, the switch, objections, self-assessments, plans, and who read what; kept in a database."""

import recommender.records.planning_tables  # noqa: F401 - its tables are part of METADATA for whoever reads that
