# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What running auctions may still cost, in two words
@custom:contract-name reserve_word
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Of all of them, one word that every start and bid touches anyway:

        bits   0..109  reserve    sum of MMp + worst, plus 1: never 0, or each first start would pay
                                  for a fresh slot [quote wad]
        bits 110..219  deficits   sum of theirs [quote wad]
        bits 220..255  short_at   when the fund last could not pay all that was asked of it [s]

        Of one account, 0 while it is solvent and its prices are known:

        bits   0..127  worst      what stakers must leave beyond MMp [quote wad]
        bits 128..255  deficit    what it lacks before its own cash, which moves with the supply index,
                                  helps: positive cash - E where E < 0, as far as it is known [quote wad]
"""

NOTHING: constant(uint256) = 1  # totals without auctions
RESERVE_BITS: constant(uint256) = 110

# Five trillions; a hundred and more of them, beside as large MMs, fit into a sum [quote wad].
MAX_NEED: constant(uint256) = 2**102 - 1

_MASK_110: constant(uint256) = 2**110 - 1
_MASK_128: constant(uint256) = 2**128 - 1
_MASK_220: constant(uint256) = 2**220 - 1


# ── totals ───────────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _reserve(_totals: uint256) -> uint256:
    return (_totals & _MASK_110) - 1


@internal
@pure
def _deficits(_totals: uint256) -> uint256:
    return (_totals >> 110) & _MASK_110


@internal
@pure
def _short_at(_totals: uint256) -> uint256:
    return _totals >> 220


@internal
@pure
def _with_reserve(_totals: uint256, _old_amount: uint256, _new_amount: uint256) -> uint256:
    """
    @notice The totals after an account's reserve changed.
    """
    totals: uint256 = _totals - _old_amount + _new_amount
    assert totals >> RESERVE_BITS == _totals >> RESERVE_BITS, "fund: reserve too large"
    return totals


@internal
@pure
def _with_deficits(_totals: uint256, _old_amount: uint256, _new_amount: uint256) -> uint256:
    """
    @notice The totals after an account's deficit changed.
    """
    sum: uint256 = self._deficits(_totals) - _old_amount + _new_amount
    assert sum <= _MASK_110, "fund: reserve too large"
    return (_totals & ~(_MASK_110 << 110)) | (sum << 110)


@internal
@pure
def _with_short_at(_totals: uint256, _time: uint256) -> uint256:
    return (_totals & _MASK_220) | (_time << 220)


# ── one account ──────────────────────────────────────────────────────────────────────────────────


@internal
@pure
def _pack_need(_worst: uint256, _deficit: uint256) -> uint256:
    """
    @notice Both cut to what the sums have room for.
    """
    return min(_worst, MAX_NEED) | (min(_deficit, MAX_NEED) << 128)


@internal
@pure
def _worst(_need: uint256) -> uint256:
    return _need & _MASK_128


@internal
@pure
def _deficit(_need: uint256) -> uint256:
    return _need >> 128
