"""What a command says to an input that it cannot use."""


class InputError(ValueError):
    """A file or an option that cannot be used; the message says which and why."""
