"""Many fits of few shapes: one compiled program a shape, warm starts, one folder that resumes."""
