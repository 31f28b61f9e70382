"""Imports: the official table of divisions, and registers of residents."""
