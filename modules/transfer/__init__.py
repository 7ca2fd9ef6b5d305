"""Transfer functions: one number in, one number out; and softmaxes."""
