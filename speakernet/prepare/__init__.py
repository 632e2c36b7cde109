"""Data preparation: durations, augmented copies and features of Kaldi data dirs."""
