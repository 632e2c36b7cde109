"""From recordings to samples: files of any format, commands, Kaldi's augmented entries."""
