"""Declarations: kinds of scalar, fields, types, and their registry."""
