"""Measurements whose results are checked in, so that a diff shows what a change costs."""
