"""Training data: enrolment history, relevance labels, temporal and school splits."""
