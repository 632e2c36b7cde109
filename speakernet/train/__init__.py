"""Training: the loop, updates, validation, checkpoints, and distributed processes."""
