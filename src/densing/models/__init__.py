"""The mathematics: loss law, performance map, trend, how they join, priors. No engine."""
