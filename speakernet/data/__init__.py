"""What training and extraction read: audio, cropped features, samplers."""
