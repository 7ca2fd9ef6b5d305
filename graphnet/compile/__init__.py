"""The compiler: the same net with another executor underneath, which runs it as few kernels and matrix products.

A drawing goes through it like this, each step a file that can be read by itself::

    calls of a plan   lowering.py       what each module does to the rows of a batch (rows.py)
    rows              stages.py         what runs once for all time steps, what in a loop (fission)
    stages            forward.py        kernels and matrix products over buffers (program.py, scalars.py, buffers.py)
    program           adjoint.py        the way back, by reverse mode on every operation (slopes.py)
    both              passes.py         what is equal is kept once, weights' gradients come after the loop
    both              rooms.py          where each buffer lies in memory
    both              native.py, llvm/  machine code, on one thread or several; or on_numpy.py, the same by NumPy

and executor.py runs a net as units of such programs (units.py), with modules that cannot be compiled between them.
"""

from graphnet.compile.api import compile as compile
