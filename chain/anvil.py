"""Starts and stops a local anvil node."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from chain.artifacts import ROOT
from chain.errors import ChainError
from chain.pyrevm_chain import START_TIME
from chain.rpc_chain import RpcChain

START_SECONDS = 30  # how long a node may take until it answers [s]


def find_anvil(root: Path = ROOT) -> str:
    """The native binary: the npm package's, else the one on PATH.

    The npm *wrapper* package would leave an orphan when it is stopped; ours is the platform's own
    package, whose command is the binary itself.
    """
    installed = root / "node_modules" / ".bin" / "anvil"
    found = str(installed) if installed.exists() else shutil.which("anvil")
    if not found:
        raise ChainError("anvil: neither in node_modules (make setup) nor on PATH")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Anvil:
    """A node of our own: `with Anvil() as chain:` gives its `RpcChain` and stops it at the end."""

    def __init__(
        self, *options: str, start_time: int = START_TIME, account_count: int = 20
    ) -> None:
        self._command = [
            find_anvil(),
            "--quiet",
            "--timestamp",
            str(start_time),
            "--accounts",
            str(account_count),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RpcChain:
        """Start it and wait until it answers."""
        port = _free_port()
        self._process = subprocess.Popen(  # noqa: S603 (our own binary and numbers)
            [*self._command, "--port", str(port)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return RpcChain(f"http://127.0.0.1:{port}")
            time.sleep(0.05)
        self.stop()
        raise ChainError("anvil: did not start")

    def stop(self) -> None:
        """Stop it; nothing happens when it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def __enter__(self) -> RpcChain:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
