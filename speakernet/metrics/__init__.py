"""Detection metrics: pure functions in float64."""
