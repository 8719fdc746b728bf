"""How good the line would have been on real prices.

Data flows one way; each file holds one step of it.

======================  ==========================================================================
``parameters``          ``Parameters``: one asset's file of ``config/risk/``, read and written
``series``              ``read_series(files) -> Series``: bars of several files end to end
``sampling``            ``sample(series, …) -> Samples``: what PriceOracle accepts, bar by bar
``engine``              ``exact_lines(samples, …) -> Lines``: the contracts' integers
``moves``               ``worst_moves(series, horizon) -> Moves``: what came next, wicks included
``judge``               ``judge(margin, moves, …) -> Judgement``: tests, exceedances, procyclicality
``comparators``         what others would have asked for: static, EWMA-normal, one scale, fixed
``run``                 ``read_history(…) -> History``, ``backtest(…) -> Backtest``: all of it
``summary``             JSON document and terminal table; ``page``, ``figures``: the report
======================  ==========================================================================
"""
