"""What people do: feedback, the switch, objections, self-assessments, plans, and who read what; kept in a database.

The imports make every table part of METADATA for whoever reads that.
"""

import recommender.records.model_change_table
import recommender.records.planning_tables  # noqa: F401
