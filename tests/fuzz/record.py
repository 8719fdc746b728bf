"""What a step left to look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NOBODY = "0x" + "00" * 20


class Sent(NamedTuple):
    """The protocol transaction of a step; `function` is "" when there was none.

    Attributes
    ----------
    sender : str
        Who calls the protocol: the relay's address where a contract acts.
    args : tuple
        As the function takes them.
    accounts : tuple of int
        Accounts named in them.
    output : bytes
        What it returned.
    """

    sender: str
    contract: str
    function: str
    args: tuple[Any, ...]
    accounts: tuple[int, ...]
    reason: str | None
    output: bytes


NOTHING_SENT = Sent(NOBODY, "", "", (), (), None, b"")


@dataclass
class Tally:
    """What happened so far.

    Attributes
    ----------
    outcomes : Counter of tuple
        By action and reason (`None`: success).
    functions : set of tuple
        Contract and function of every transaction sent.
    exact, sets, unpredicted : int
        Transactions whose outcome was predicted as one, as a set, or not at all.
    """

    outcomes: Counter[tuple[str, str | None]]
    functions: set[tuple[str, str]] = field(default_factory=set)
    exact: int = 0
    sets: int = 0
    unpredicted: int = 0
