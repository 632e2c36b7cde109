"""What comes before training: durations, augmented copies, features of a data directory."""
