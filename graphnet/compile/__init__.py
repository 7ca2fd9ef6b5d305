"""The compiler: the same net with another executor underneath, which runs it as few kernels and matrix products.

A drawing goes through it like this, each step a file that can be read by itself::

    calls of a plan   lowering.py       what each module does to the rows of a batch (rows.py, operators.py)
    rows              sharing.py        what is equal is computed once
    rows              stages.py         what runs once for all time steps, what in a loop (fission)
    stages            forward.py        kernels (pieces.py, scalars.py) and matrix products over buffers (program.py)
    program           adjoint.py        the way back, by reverse mode on every operation (slopes.py, values.py)
    both              passes.py         equal gradients are kept once, those of weights come after the loop
    both              overlays.py       what is kept lies where it was computed from
    both              rooms.py          where each buffer lies in memory, for rows laid out by layout.py
    both              native.py, llvm/  machine code, on one thread or several; or on_numpy.py, the same by NumPy

which specialisation.py does in this order. executor.py runs a net as units of such programs (units.py, loops.py), with
modules that cannot be compiled between them (division.py); small nets take a shortcut.py; what runs leaves a tape.py.
"""

from graphnet.compile.api import compile as compile
