# pragma version 0.4.3
"""
@title MockSequencerFeed: an L2 sequencer-uptime feed
@custom:contract-name MockSequencerFeed
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Answer 0 means up, 1 down, since `started_at`.
"""

answer: public(int256)
started_at: public(uint256)
broken: public(bool)


@external
def set_status(_answer: int256, _started_at: uint256):
    self.answer = _answer
    self.started_at = _started_at


@external
def set_broken(_broken: bool):
    self.broken = _broken


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    assert not self.broken, "feed: broken"
    return 1, self.answer, self.started_at, self.started_at, 1
