"""Cells and what stands around them: drawings made only of the other modules."""
