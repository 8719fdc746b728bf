"""Tasks on processes and on a cluster: all of them, each once, and clear errors."""

import os
import socket
from collections.abc import Iterator

import pytest
from distributed import LocalCluster

import oracle_sim.workers as workers_module
from oracle_sim.workers import AHEAD, WorkerError, run_tasks


def square(number: int) -> int:
    return number * number


def process(_: int) -> int:
    return os.getpid()


def refuse(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def die(_: int) -> None:
    os._exit(1)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("workers", [1, 2])
def test_run_tasks__processes__every_task_once(workers: int) -> None:
    assert sorted(run_tasks(square, range(7), workers)) == [square(i) for i in range(7)]


def test_run_tasks__one_worker__stays_in_this_process() -> None:
    assert set(run_tasks(process, range(3), 1)) == {os.getpid()}


def test_run_tasks__two_workers__other_processes() -> None:
    assert os.getpid() not in set(run_tasks(process, range(3), 2))


@pytest.mark.parametrize("workers", [1, 2])
def test_run_tasks__task_raises__is_raised_here(workers: int) -> None:
    with pytest.raises(ValueError, match="three"):
        list(run_tasks(refuse, range(5), workers))


def test_run_tasks__process_dies__one_line() -> None:
    with pytest.raises(WorkerError, match="a process died"):
        list(run_tasks(die, range(2), 2))


def test_run_tasks__no_workers__one_line() -> None:
    with pytest.raises(WorkerError, match="workers: 0 is none"):
        run_tasks(square, [1], 0)


def test_run_tasks__long_generator__drawn_only_a_little_ahead() -> None:
    drawn: list[int] = []

    def tasks() -> Iterator[int]:
        for i in range(1_000_000):
            drawn.append(i)
            yield i

    results = run_tasks(square, tasks(), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert len(drawn) <= 4 * AHEAD


def test_run_tasks__cluster__every_task_once(scheduler: str) -> None:
    results = run_tasks(square, range(20), 1, scheduler)
    assert sorted(results) == [square(i) for i in range(20)]


def test_run_tasks__cluster_task_raises__is_raised_here(scheduler: str) -> None:
    with pytest.raises(ValueError, match="three"):
        list(run_tasks(refuse, range(5), 1, scheduler))


def test_run_tasks__cluster_without_workers__one_line() -> None:
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        pytest.raises(WorkerError, match="has no workers"),
    ):
        list(run_tasks(square, [1], 1, cluster.scheduler_address))


def test_run_tasks__nobody_listens__one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "CONNECT_TIMEOUT", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(WorkerError, match=f"scheduler tcp://127.0.0.1:{port}: cannot be reached"):
        list(run_tasks(square, [1], 1, f"tcp://127.0.0.1:{port}"))


def test_run_tasks__address_is_nonsense__one_line() -> None:
    with pytest.raises(WorkerError, match="cannot be reached"):
        list(run_tasks(square, [1], 1, "nonsense://x"))
