"""What a network makes of phones: frame embeddings by speaker and by phone, kernels by phone.

For the temporal dynamic networks of Kim, Nam and Park (https://arxiv.org/abs/2110.03213) beside
static ones of the same shape.
"""
