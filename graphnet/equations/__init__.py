"""Equations: a drawing as mathematics, typeset."""

from graphnet.equations.equations import Equation as Equation
from graphnet.equations.equations import Equations as Equations
from graphnet.equations.equations import Group as Group
from graphnet.equations.equations import equations_of as equations_of
