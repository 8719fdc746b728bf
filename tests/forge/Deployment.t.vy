# pragma version 0.4.3
"""
@title The suite runs what chain.artifacts compiles
@license GNU Affero General Public License v3.0 only
@author Plimsoll
"""

from .modules import world

initializes: world


@external
def setUp():
    world._deploy()


@external
def test_deploy__by_tape__leaves_the_recorded_code():
    checked: uint256 = 0
    for number: uint256 in range(world.MAX_TRANSACTIONS):
        path: String[128] = concat(world.TAPE, "codes/", uint2str(number), ".bin")
        if not staticcall world.VM.exists(path):
            break
        contract: address = empty(address)
        code_hash: bytes32 = empty(bytes32)
        contract, code_hash = abi_decode(staticcall world.VM.readFileBinary(path), (address, bytes32))
        assert contract.codehash == code_hash, "tape: another code"
        checked += 1
    assert checked >= 15, "tape: codes missing"


@external
def test_deploy__by_tape__connects_and_lists():
    assert staticcall world.world.house.QUOTE() == world.world.quote, "quote: another token"
    assert staticcall world.world.oracle.asset_count() == world.ASSETS, "assets: another number"
    assert staticcall world.world.house.collateral_count() == world.COLLATERALS, "collaterals: another number"
    assert staticcall world.world.oracle.sequencer_up(), "sequencer: down"
    for id: uint256 in range(world.COLLATERALS):
        assert (staticcall world.world.house.collateral_token(id)).token == world.world.tokens[id], "token: another"
