"""Reading audio: files of any format, shell pipelines, and Kaldi's augmentation entries."""
