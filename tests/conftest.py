"""A slow shared machine must not turn a property into a flaky test: no deadline per example."""

from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")
