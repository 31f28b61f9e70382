"""Exports: templates to fill in, and rows as workbooks."""
