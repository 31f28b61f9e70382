"""The two databases behind one door."""
