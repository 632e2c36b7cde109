"""The report of experiments: one HTML file without scripts, network or other files."""
