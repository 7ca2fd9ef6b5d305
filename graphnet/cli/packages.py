"""The packages of the extra ``train``, which a command asks for before it computes and not after."""

from __future__ import annotations

import importlib


def require(command: str, *packages: str) -> None:
    """Refuse to go on where a package is missing, and tell how to install it.

    Raises
    ------
    ImportError
        If one cannot be imported.
    """
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ImportError(
                f"`graphnet {command}` needs the package {package} ({error}); install it with: "
                'pip install "graphnet-nn[train]"'
            ) from error
