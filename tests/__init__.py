"""Tests; a package, so that helper modules of suites import as `tests.<name>`."""
