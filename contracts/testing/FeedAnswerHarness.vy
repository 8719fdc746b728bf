# pragma version 0.4.3
"""
@title FeedAnswerHarness: feed_answer, from outside
@custom:contract-name FeedAnswerHarness
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double.
"""

from ..modules import feed_answer


struct Answer:
    price: uint256
    confidence: uint256
    updated_at: uint256
    heartbeat: uint256
    tolerance: uint256
    pull: bool


@external
@pure
def pack(_answer: Answer) -> uint256:
    terms: uint256 = feed_answer._pack_terms(_answer.heartbeat, _answer.tolerance, _answer.pull)
    return feed_answer._pack(terms, _answer.price, _answer.confidence, _answer.updated_at)


@external
@pure
def unpack(_word: uint256) -> Answer:
    return Answer(
        price=feed_answer._price(_word),
        confidence=feed_answer._confidence(_word),
        updated_at=feed_answer._updated_at(_word),
        heartbeat=feed_answer._heartbeat(_word),
        tolerance=feed_answer._tolerance(_word),
        pull=feed_answer._is_pull(_word),
    )
