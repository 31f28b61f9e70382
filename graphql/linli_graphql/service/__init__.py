"""Answering operations: documents, plans, deeds."""
