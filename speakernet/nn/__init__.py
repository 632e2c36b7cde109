"""Networks, poolings and losses in pure PyTorch: no corpora, no ranks, no schedules."""
