"""Whether gradients are right: differences of values, node by node, and what they show."""
