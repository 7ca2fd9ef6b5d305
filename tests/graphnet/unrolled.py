"""A sequence drawn out: the same modules at every step, for tests of drawings with shared modules."""

from __future__ import annotations

import graphnet as gn
from graphnet import modules as nn


def unroll(step: gn.gModule, n_steps: int) -> gn.gModule:
    """Draw [inputs, targets, states...] to [loss, next states...] of a step [x, states...] to [next states..., y]."""
    inputs, targets = nn.Identity()(), nn.Identity()()
    first_states = [nn.Identity()() for _ in step.graph().inputs[1:]]
    losses = []
    states = list(first_states)
    for x, target in zip(inputs.split(n_steps), targets.split(n_steps), strict=True):
        *states, log_probabilities = step([x, *states]).split(len(first_states) + 1)
        losses.append(nn.ClassNLLCriterion()([log_probabilities, target]))
    return gn.gModule([inputs, targets, *first_states], [nn.CAddTable()(losses), *states])
