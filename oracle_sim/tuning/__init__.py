"""Thresholds of liquidation as a search with several goals at once.

``candidates`` says what may be chosen, ``watch`` plays a path and measures it, ``search`` looks for
the candidates that no other beats in everything, ``page`` draws them.
"""
