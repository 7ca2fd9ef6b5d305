"""Modules over lists of arrays."""
