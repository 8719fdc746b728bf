"""Volatility forecasts for the signed reports of ``RiskReports``.

``hours`` makes hourly realised variances of bars, ``models`` forecasts them, ``compare`` says out
of sample which model does that best, ``reporter`` makes a report of it, and ``effect`` says what
reports would have done to the line.
"""
