"""Training data: enrolment history, labels, time splits."""
