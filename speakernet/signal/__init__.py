"""Signal processing on arrays: features, mean normalisation, VAD, resampling, reverberation."""
