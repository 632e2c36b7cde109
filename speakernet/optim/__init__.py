"""Optimizers, and schedules as functions of the training step."""
