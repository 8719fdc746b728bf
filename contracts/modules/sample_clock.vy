# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title When lines were last sampled, and whether quote was at its peg then
@custom:contract-name sample_clock
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice One word, which every entry point has just read: time of the last sample [s] | 1 << 40 while the
        quote token is off its peg.
"""

from ..interfaces import IRiskEngine

from . import price_word
from . import risk_book


# ── constants and immutables ─────────────────────────────────────────────────────────────────────

MIN_PEG_BOUND: constant(uint256) = 5 * 10**17  # [wad]
MAX_PEG_BOUND: constant(uint256) = 10**18  # [wad]

UINT88: constant(uint256) = 2**88 - 1
UINT40: constant(uint256) = 2**40 - 1

SAMPLE_INTERVAL: immutable(uint256)  # [s]
QUOTE_ASSET: public(immutable(uint256))  # whose price is the quote token's own
PEG_BOUND: public(immutable(uint256))  # the least at which it counts as pegged; 0: nobody looks [wad]


# ── state ────────────────────────────────────────────────────────────────────────────────────────

_clock: uint256


@deploy
def __init__(_sample_interval: uint256, _quote_asset: uint256, _peg_bound: uint256):
    assert _quote_asset < risk_book.ASSETS, "quote asset: unknown"
    assert _peg_bound == 0 or _peg_bound >= MIN_PEG_BOUND, "peg bound: too low"
    assert _peg_bound <= MAX_PEG_BOUND, "peg bound: too high"
    SAMPLE_INTERVAL = _sample_interval
    QUOTE_ASSET = _quote_asset
    PEG_BOUND = _peg_bound


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


@internal
def _sampled(_words: uint256[16]):
    """
    @notice Now, with these readings of all assets. Quote is off its peg below the bound, or without a
            usable price.
    """
    off: uint256 = 0
    if PEG_BOUND != 0:
        word: uint256 = _words[QUOTE_ASSET]
        if word & UINT88 < PEG_BOUND or word >> 248 < price_word.UNCERTAIN:
            off = 1
        if off != self._clock >> 40:
            log IRiskEngine.PegChanged(off_peg=off == 1, price=word & UINT88, state=word >> 248)
    self._clock = block.timestamp | (off << 40)


# ── views ────────────────────────────────────────────────────────────────────────────────────────


@external
@view
def last_sample() -> uint256:
    """@custom:see IRiskEngine"""
    return self._clock & UINT40


@external
@view
def off_peg() -> bool:
    """@custom:see IRiskEngine"""
    return self._is_off_peg()


# ── internals ────────────────────────────────────────────────────────────────────────────────────

@internal
@view
def _is_due() -> bool:
    return block.timestamp >= (self._clock & UINT40) + SAMPLE_INTERVAL


@internal
@view
def _is_off_peg() -> bool:
    return self._clock >> 40 != 0
