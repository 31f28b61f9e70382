"""Lanxi: the love bank and the micro-charity market."""
