"""What teachers do: completion and enrolment."""
