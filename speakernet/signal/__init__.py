"""Signal processing as pure functions on arrays: features, normalisation, augmentation."""
