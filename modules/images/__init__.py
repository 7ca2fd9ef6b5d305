"""Modules over images and frames: convolution, pooling, padding."""
