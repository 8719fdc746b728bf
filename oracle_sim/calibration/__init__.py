"""Chooses risk parameters on past prices.

======================  ==========================================================================
``lanes``               many candidates at once, in floating point; the exact mirror judges later
``tables``              what each candidate asked for and missed, week by week
``walk_forward``        fit on the past, judge on the next quarter
``bootstrap``           how sure the fit is
``data``                ``prepare(…) -> Sample``: one asset's prices; refuses too few
``candidates``          what a search may choose, and what follows without one
``fit``                 ``fit(…) -> Fit``: one asset's parameters, judged by the exact mirror
``calibrate``           ``calibrate(…) -> Calibration``: all of it; ``head``: in words
``frontier``            which aims exclude each other, in hindsight
``tails``               filtered-historical, Student's t, a line for each side: out of sample
======================  ==========================================================================
"""
