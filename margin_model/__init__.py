"""Exact integer mirrors of the contracts' pure modules, one file per module of the same name."""
