"""Training crops: which utterances, in which order, which stretch of each, and who reads them."""
