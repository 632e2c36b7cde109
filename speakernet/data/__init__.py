"""Training data: the order of utterances, random crops of them, and the DataLoader."""
