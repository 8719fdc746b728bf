# pragma version 0.4.3
"""
@title MockOracle: what the other contracts need of an IPriceOracle, answering what a test has set
@custom:contract-name MockOracle
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Words and variances are stored as given; nothing runs by itself.
"""

from ..modules import correlation_word

SAMPLE_INTERVAL: public(immutable(uint256))
JUMP_BOUND: constant(uint256) = 1_000  # [bps]

asset_count: public(uint256)
sample_count: public(uint256)
proof_count: public(uint256)
doubt: public(uint256)  # of first prices [wad]
tick: public(uint256)  # what first prices are; 0: as readings [quote wad per unit]
_words: uint256[16]
_variances: uint256[16]
_deviations: uint256[16]
_correlations: uint256[8]  # packed as in `correlation_word`


@deploy
def __init__(_sample_interval: uint256):
    SAMPLE_INTERVAL = _sample_interval
    self.asset_count = 16
    for pair: uint256 in range(120):
        self._correlations[pair // 16] |= correlation_word.BPS << (16 * (pair % 16))


@external
def set_word(_asset: uint256, _word: uint256):
    self._words[_asset] = _word


@external
def set_words(_words: uint256[16]):
    self._words = _words


@external
def set_variance(_asset: uint256, _variance: uint256):
    """
    @param _variance sigma squared target [variance per day, wad]
    """
    self._variances[_asset] = _variance


@external
def set_deviation(_asset: uint256, _deviation: uint256):
    """
    @param _deviation [bps]
    """
    self._deviations[_asset] = _deviation


@external
def set_correlation(_asset: uint256, _other: uint256, _correlation: int256):
    """
    @notice Of a pair; 0 until set.
    @param _correlation [bps]
    """
    pair: uint256 = correlation_word._pair(_asset, _other)
    offset: uint256 = 16 * (pair % 16)
    lane: uint256 = convert(_correlation + convert(correlation_word.BPS, int256), uint256)
    self._correlations[pair // 16] = (self._correlations[pair // 16] & ~(65_535 << offset)) | (lane << offset)


@external
def set_correlations(_words: uint256[8]):
    self._correlations = _words


@external
def set_doubt(_doubt: uint256):
    self.doubt = _doubt


@external
def set_tick(_price: uint256):
    """
    @notice What every first price is from now on, whatever the reading says; 0: the reading's.
    """
    self.tick = _price


@external
def set_asset_count(_count: uint256):
    self.asset_count = _count


@external
def sample() -> (uint256[16], uint256[16]):
    self.sample_count += 1
    return self._words, self._variances


@external
@view
def read(_assets: uint256) -> uint256[16]:
    return self._read(_assets)


@external
@view
def read_fresh(_assets: uint256) -> uint256[16]:
    return self._read(_assets)


@external
@payable
def first_price(_asset: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """
    @notice Takes any proof but an empty one.
    """
    assert len(_proof) != 0, "first price: no proof"
    assert _since <= block.timestamp, "first price: none yet"
    self.proof_count += 1
    price: uint256 = self._words[_asset] & (2**88 - 1) if self.tick == 0 else self.tick
    return price, block.timestamp, self.doubt


@external
@view
def last_update(_asset: uint256) -> uint256:
    return 0 if self._words[_asset] == 0 else block.timestamp


@external
@view
def deviation(_asset: uint256) -> uint256:
    return self._deviations[_asset]


@external
@view
def bounds(_asset: uint256) -> (uint256, uint256, uint256, uint256):
    """
    @return confidence, disagreement and jump bound [bps], variance floor; of every asset the same
    """
    return 100, 100, JUMP_BOUND, 0


@external
@view
def variances(_asset: uint256) -> (uint256, uint256, uint256, uint256):
    variance: uint256 = self._variances[_asset]
    return variance, variance, variance, variance


@external
@view
def correlations(_assets: uint256) -> uint256[8]:
    """
    @return of all pairs up to the highest asset, in whole words; the other words are 0
    """
    words: uint256[8] = empty(uint256[8])
    for asset: uint256 in range(1, 16):
        if _assets >> asset == 0:
            break
        for other: uint256 in range(asset, bound=15):
            word: uint256 = correlation_word._pair(asset, other) // 16
            words[word] = self._correlations[word]
    return words


@external
@view
def until_correlations() -> uint256:
    return 3_600 - block.timestamp % 3_600


@external
@view
def RHO_STEP() -> uint256:
    return 200


@external
@view
def correlation(_asset: uint256, _other: uint256) -> int256:
    if _asset == _other:
        return convert(correlation_word.BPS, int256)
    pair: uint256 = correlation_word._pair(_asset, _other)
    return correlation_word._correlation(self._correlations[pair // 16], pair)


@internal
@view
def _read(_assets: uint256) -> uint256[16]:
    words: uint256[16] = empty(uint256[16])
    for asset: uint256 in range(16):
        if (_assets >> asset) & 1 == 1:
            words[asset] = self._words[asset]
    return words
