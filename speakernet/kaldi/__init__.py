"""Kaldi's files: ark/scp tables, data directories, pipes, trial and score lists."""
