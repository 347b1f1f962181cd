"""Engines, settings and what they make of a declared model: a run."""
