"""Backups: one sealed file that holds a whole place, and the way back from it."""
