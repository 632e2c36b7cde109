"""Speaker verification: Kaldi-style stages and files around a PyTorch core."""

__version__ = "0.1.0"
