"""Jianggan: one residents' committee and its neighbour lanes."""
