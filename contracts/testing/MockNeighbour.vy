# pragma version 0.4.3
"""
@title MockNeighbour: stands for any contract another one calls, and calls back
@custom:contract-name MockNeighbour
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Test double. Answers every function with what a test has set for it, or with zeros. One of them
        can be told to call somebody first; how that call went is kept.
"""

answers: public(HashMap[bytes4, Bytes[2048]])  # by selector
armed: public(bool)
selector: public(bytes4)  # of the function that calls back; zero: ether alone
target: public(address)
payload: public(Bytes[1024])
attempts: public(uint256)
succeeded: public(bool)  # whether the last attempt did not revert
outcome: public(Bytes[1024])  # what it returned, or its revert data


@external
def set_answer(_selector: bytes4, _answer: Bytes[2048]):
    self.answers[_selector] = _answer


@external
def call_back(_selector: bytes4, _target: address, _payload: Bytes[1024]):
    """
    @notice From now on the function of that selector calls `_target` before it answers.
    """
    self.armed = True
    self.selector = _selector
    self.target = _target
    self.payload = _payload


@external
def attempt(_target: address, _payload: Bytes[1024]):
    """
    @notice Calls somebody and keeps how it went; never reverts.
    """
    self._attempt(_target, _payload)


@raw_return
@external
@payable
def __default__() -> Bytes[2048]:
    selector: bytes4 = empty(bytes4)
    if len(msg.data) >= 4:
        selector = convert(slice(msg.data, 0, 4), bytes4)
    if self.armed and selector == self.selector:
        self._attempt(self.target, self.payload)
    answer: Bytes[2048] = self.answers[selector]
    if len(answer) > 0:
        return answer
    return abi_encode(empty(uint256[64]))


@internal
def _attempt(_target: address, _payload: Bytes[1024]):
    success: bool = False
    outcome: Bytes[1024] = b""
    success, outcome = raw_call(_target, _payload, max_outsize=1024, revert_on_failure=False)
    self.attempts += 1
    self.succeeded = success
    self.outcome = outcome
