"""What a net takes: time and memory by node, measured; memory before it runs."""
