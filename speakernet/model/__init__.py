"""A trained network packaged for use: embeddings of recordings, and whether two are one person."""
