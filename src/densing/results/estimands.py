"""The two growth rates that are always told side by side."""

ESTIMANDS = {"population": "typical new model", "frontier": "frontier"}
"""By name in records: in words."""
