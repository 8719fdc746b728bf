"""Independent tasks on several cores: processes of this machine, or a Dask cluster.

A task is one picklable argument of a function that a worker can import by name, and it carries its
own seed: which worker runs it, and when, changes nothing. Scheduler and workers of a cluster need
the same checkout on their path (``PYTHONPATH=. dask scheduler``, ``PYTHONPATH=. dask worker
tcp://…`` in it).
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING, TypeVar

from chain.artifacts import ROOT
from chain.errors import PlimsollError

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 2
"""Tasks handed out for each worker: one runs, one waits, the rest is not drawn yet."""

CONNECT_TIMEOUT = 5
"""How long a scheduler may take to answer [s]."""


class WorkerError(PlimsollError):
    """Workers cannot be reached, or died."""


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    workers: int,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Run all tasks and hand back results as they complete, in no particular order.

    Parameters
    ----------
    function : callable
        Defined at the top of a module.
    tasks : iterable
        Drawn only a little ahead of the workers, so a generator may watch a clock and stop.
    workers : int
        Processes of this machine; with one, everything runs in this process. A cluster has its
        own number.
    scheduler : str, optional
        Address of a Dask scheduler, ``tcp://host:port``.

    Yields
    ------
    Result
        What a task raises is raised here; tasks that have not begun are then dropped.

    Raises
    ------
    WorkerError
    """
    if scheduler is not None:
        return _on_cluster(function, iter(tasks), scheduler)
    if workers < 1:
        raise WorkerError(f"workers: {workers} is none")
    if workers == 1:
        return map(function, tasks)
    return _on_processes(function, iter(tasks), workers)


def _on_processes(
    function: Callable[[Task], Result], tasks: Iterator[Task], workers: int
) -> Iterator[Result]:
    # spawn: a fork would copy locks held by other threads, of a progress bar for example
    with _importable():
        pool = ProcessPoolExecutor(workers, get_context("spawn"))
        try:
            running = {pool.submit(function, task) for task in islice(tasks, AHEAD * workers)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                # refill before the caller takes his time over results
                running |= {pool.submit(function, task) for task in islice(tasks, len(done))}
                for future in done:
                    yield _result(future)
        except BrokenProcessPool:
            raise WorkerError("workers: a process died (out of memory?)") from None
        finally:
            pool.shutdown(cancel_futures=True)


def _result(future: Future[Result]) -> Result:
    return future.result()


@contextmanager
def _importable() -> Iterator[None]:
    """Let spawned processes, which inherit the path, import this repository.

    ape has it on the path only while it loads a script.
    """
    added = str(ROOT)
    if added in sys.path:
        yield
        return
    sys.path.insert(0, added)
    try:
        yield
    finally:
        sys.path.remove(added)


def _on_cluster(
    function: Callable[[Task], Result], tasks: Iterator[Task], scheduler: str
) -> Iterator[Result]:
    from distributed import as_completed

    client = _connect(scheduler)
    try:
        count = AHEAD * sum(client.ncores().values())
        first = [client.submit(function, task, pure=False) for task in islice(tasks, count)]
        completed = as_completed(first)
        for future in completed:
            for task in islice(tasks, 1):
                completed.add(client.submit(function, task, pure=False))
            yield _gathered(future, scheduler)
    finally:
        client.close()


def _gathered(future: Future[Result], scheduler: str) -> Result:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except (KilledWorker, FutureCancelledError, OSError) as error:
        raise WorkerError(f"scheduler {scheduler}: {error}") from None


def _connect(scheduler: str) -> Client:
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it is said in one line below
    try:
        client = Client(scheduler, timeout=CONNECT_TIMEOUT)
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WorkerError(f"scheduler {scheduler}: cannot be reached ({reason})") from None
    found = client.run(importlib.util.find_spec, __package__)
    there = client.run_on_scheduler(importlib.util.find_spec, __package__)
    if found and there is not None and None not in found.values():
        return client
    client.close()
    lacking = "it or a worker of its lacks this checkout on its path"
    raise WorkerError(f"scheduler {scheduler}: {lacking if found else 'has no workers'}")
