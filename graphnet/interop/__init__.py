"""Bridges to other frameworks: the top layer, which knows both the engine and the modules."""
