"""Bayesian estimation of the capability density of open language models."""

__version__ = "0.1.0"
