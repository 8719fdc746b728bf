"""From prices to a market: generated or replayed prices, simulated feeds, agents, a report.

Data flows one way; each file holds one step of it.

======================  ==========================================================================
``tables``              strict reading of CSV; ``InputError`` names file, row and field in one line
``bars``                ``read_bars(path) -> Bars``: one asset's OHLC bars, gaps listed
``tape``                ``Tape``: several assets on one time axis, NaN where an asset has no bar;
                        ``read_prices(path, event) -> Tape`` takes a file or a folder
``rounds``              ``read_rounds(path, decimals) -> Rounds``: what a real push feed published
``processes``           ``Diffusion``, ``JumpDiffusion``: ``paths(rng, …)`` and ``moments(dt)``
``regimes``             ``RegimeSwitching``, likewise
``crash``               ``generate_crash(seed, shape) -> Tape``: 12-13 March 2020 by its statistics
``extremes``            ``drawdown``, ``worst_fall``: how deep, how fast
``walk``                ``walk(tape) -> Iterator[Instant]``: bars to price ticks, wicks included
``faults``              ``FaultSchedule``: outages, freezes, bad ticks, pins
``feed``                what both kinds of feed have published, and for how long they keep it
``push_feed``           ``PushFeed.observe(time, price) -> list[Round]``, as Chainlink publishes
``units``               ``to_units(price, decimals)``: prices as the whole numbers feeds write
``pull_feed``           ``PullFeed.observe(time, price) -> list[Update]``, as Pyth publishes
``publisher``           carries feeds onto the chain: rounds written, updates pushed and paid for
``scenario``            ``Scenario``: who takes part and with how much; ``plans`` drawn from it
``wallet``, ``desk``    how anybody acts: accounts, deposits, orders; transactions, events
``crowd``               opens accounts of ``agents`` (traders, providers, stakers), ``borrowers``
                        and ``bidders``
``caretaker``           the one keeper: samples, executes, calls margins, runs auctions
``book``, ``fleet``     all accounts, by events and numpy; by one static call of the lens
``course``              what a market is played through: prices, and who or what is missing when
``market``              ``Market(…).run() -> Outcome``: the loop, block after block
``invariants``          I1, I2, I3 after each of them
``history``             series for the charts; ``metrics``: numbers, from events alone;
                        ``lending``: interest and the indices of cash; ``outcome``: all of it
``summary``             JSON document and terminal table; ``report``, ``charts``: the page
``replay``              ``replay(tape) -> Outcome``: deploys everything and runs it
======================  ==========================================================================

Many random paths of one scenario instead of one tape:

======================  ==========================================================================
``simulation``          ``read_simulation(name) -> Simulation``: a scenario file; ``price_models``
``drawing``             draws one path of it: prices with shocks, faults with their times
``world``               the protocol it needs, deployed once and returned to for every path
``ensemble``            ``run_paths(…)``: path i has seed S + i, wherever it is played
``workers``             ``run_tasks(…)``: processes of this machine, or a Dask cluster
``path_metrics``        a path in numbers; ``distribution``: mean, quantiles, expected shortfall
``ensemble_summary``    JSON document and terminal table; ``ensemble_report``: the page
======================  ==========================================================================

Times are unix seconds, prices quote per unit, all random numbers come from a generator passed in.
"""
