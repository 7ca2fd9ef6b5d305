"""Criterions: what compares an input with a target and gives a loss."""
