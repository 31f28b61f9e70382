"""Wuma: mutual-aid groups of neighbours, each around a core household."""
