"""What a saved run holds and what it answers. No engine is imported."""
