"""Pinghu: three tiers of friendly neighbours, and points for certified social workers."""
