"""Whole runs that are killed, interrupted and starved: see tests/endurance.sh."""
