"""Sampler recipes for tests."""

FEW = """
about = "few draws: to be run, not to be believed"
chains = 2
pilot = 50
warmup = 50
draws = 50
max_draws = 0
"""
