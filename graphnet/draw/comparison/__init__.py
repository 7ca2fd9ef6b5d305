"""The difference of two nets: which nodes are the same, and the picture of both."""
