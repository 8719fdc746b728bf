# pragma version 0.4.3
"""
@title MockBrokenSource: a price source that answers whatever the test wants, or misbehaves
@custom:contract-name MockBrokenSource
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double of an `IPriceSource`. Healthy until told otherwise. Both its feeds answer the same. Modes: 0 answers the three
        words set, 1 reverts, 2 burns its gas, 3 answers the raw bytes set.
"""

from ..modules import feed_answer

ANSWER: constant(uint256) = 0
REVERT: constant(uint256) = 1
BURN: constant(uint256) = 2
RAW: constant(uint256) = 3

FEEDS: constant(uint256) = 2

terms: public(uint256)  # see feed_answer
mode: public(uint256)
price: public(uint256)
confidence: public(uint256)
updated_at: public(uint256)
raw: public(Bytes[1024])
fee: public(uint256)  # kept by `first_since` [wei]
asked_since: public(uint256)  # what `first_since` was last asked
asked_proof: public(Bytes[2048])


@deploy
def __init__(_is_pull: bool, _heartbeat: uint256, _tolerance: uint256):
    self.terms = feed_answer._pack_terms(_heartbeat, _tolerance, _is_pull)


@external
def set_answer(_price: uint256, _confidence: uint256, _updated_at: uint256):
    self.price = _price
    self.confidence = _confidence
    self.updated_at = _updated_at


@external
def set_mode(_mode: uint256):
    self.mode = _mode


@external
def set_raw(_raw: Bytes[1024]):
    self.raw = _raw


@external
def set_fee(_fee: uint256):
    self.fee = _fee


@external
@view
@raw_return
def latest(_feeds: uint256) -> Bytes[1024]:
    if self.mode == REVERT:
        raise "source: broken"
    if self.mode == BURN:
        spent: uint256 = 0
        for i: uint256 in range(max_value(uint256)):
            spent = unsafe_add(spent, i)
    if self.mode == RAW:
        return self.raw
    answers: uint256[16] = empty(uint256[16])
    for feed: uint256 in range(FEEDS):
        if (_feeds >> feed) & 1 == 1:
            answers[feed] = feed_answer._pack(self.terms, self.price, self.confidence, self.updated_at)
    return abi_encode(answers)


@external
@view
def feed_count() -> uint256:
    return FEEDS


@external
@payable
def first_since(_feed: uint256, _since: uint256, _proof: Bytes[2048]) -> (uint256, uint256, uint256):
    """
    @notice Answers the three words set, whatever feed and proof; pays change to the caller.
    """
    assert self.mode == ANSWER, "source: broken"
    self.asked_since = _since
    self.asked_proof = _proof
    if msg.value > self.fee:
        raw_call(msg.sender, b"", value=msg.value - self.fee)
    return self.price, self.confidence, self.updated_at
