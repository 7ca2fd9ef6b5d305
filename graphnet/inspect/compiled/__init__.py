"""What a compiled net runs: kernels and what is fused in them, matrix products, buffers, and the time of each."""
