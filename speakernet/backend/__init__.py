"""From networks to scores: embeddings, cosine, normalisation, calibration."""
