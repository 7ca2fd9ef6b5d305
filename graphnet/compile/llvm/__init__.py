"""Native code by LLVM: the host, its vectors, functions of numbers, and matrix products."""
