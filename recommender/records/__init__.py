"""What people do: feedback, the switch, objections, self-assessments, plans, and who read what; kept in a database."""

import recommender.records.hour_claim_tables
import recommender.records.model_change_table
import recommender.records.planning_tables
import recommender.records.self_assessment_tables  # noqa: F401
