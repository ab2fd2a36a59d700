"""The Bayesian measurement model: variance components, prior mean, exact posterior."""
