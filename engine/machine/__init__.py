"""Definitions as values, their checks, and the pure step that decides by them."""
