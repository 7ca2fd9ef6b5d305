"""Places: what stands where in the tables that the code of a program is given."""

from __future__ import annotations

# In the table of pointers: where the rows of each step start, how many there are, room for outer products; then the
# buffers, then the parameters and constants.
STARTS, COUNTS, SCRATCH, FIRST_BUFFER = range(4)
# In the table of sizes: T, B, N, whether all rows have all steps, after how many steps gradients are dropped.
T, B, N, EVEN, TRUNCATE = range(5)
