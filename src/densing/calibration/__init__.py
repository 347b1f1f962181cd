"""Calibration: whether the intervals cover what they should, on worlds drawn from the model."""
