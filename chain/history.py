"""What contracts have logged since they were deployed, in pieces a node is willing to give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chain.errors import ChainError
from chain.interface import Chain, Log

BLOCKS = 2_000
"""Asked for at once; nodes that limit answers refuse more, some also this."""


def read_logs(
    chain: Chain, addresses: Sequence[str], first: int, last: int, blocks: int = BLOCKS
) -> Iterator[tuple[int, list[Log]]]:
    """All logs of some contracts, in order.

    Parameters
    ----------
    chain : Chain
    addresses : sequence of str
    first, last : int
        Blocks, both included.
    blocks : int
        How many to ask for at once. What the node refuses is asked for again in halves.

    Yields
    ------
    int
        The last block read so far.
    list of Log
        What is new up to there.
    """
    while first <= last:
        until = min(first + blocks - 1, last)
        try:
            found = chain.logs(addresses, first, until)
        except ChainError:
            if blocks == 1:
                raise
            blocks = max(1, blocks // 2)
            continue
        yield until, found
        first = until + 1


def first_block(chain: Chain, address: str) -> int:
    """The block in which a contract was deployed, found by halving.

    Raises
    ------
    ChainError
        When the contract is not there, or the node does not know old states.
    """
    low, high = 0, chain.block_number
    if not chain.code(address):
        raise ChainError(f"{address}: no contract")
    while low < high:
        middle = (low + high) // 2
        if chain.at_block(middle).code(address):
            high = middle
        else:
            low = middle + 1
    return low
