# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title The protocol under test
@custom:contract-name world
@license GNU Affero General Public License v3.0 only
@author Plimsoll
@notice Replays the tape that `tests/forge_tape.py` recorded of `chain.Deployment.deploy`: the same
        bytes, so the same bytecode, parameters and addresses as on every other chain of this repository.
        Time is kept here too, and set at the start of every call: whether forge carries
        block.timestamp from one call of a sequence to the next is its own affair.
"""

from ....contracts.interfaces import IClearinghouse
from ....contracts.interfaces import IInsuranceFund
from ....contracts.interfaces import ILiquidationAuction
from ....contracts.interfaces import ILiquidityPool
from ....contracts.interfaces import IPriceOracle
from ....contracts.interfaces import IRiskEngine
from ..interfaces import IVm

VM: constant(IVm) = IVm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D)

TAPE: constant(String[32]) = "build/forge/tape/"
MAX_TRANSACTIONS: constant(uint256) = 256
MAX_DATA: constant(uint256) = 49_152  # initcode at most (EIP-3860) [bytes]

WAD: constant(uint256) = 10**18
QUOTE_SCALE: constant(uint256) = 10**12  # wad of one unit of the quote token
POOL: constant(uint256) = 1
FUND: constant(uint256) = 2
FIRST_USER: constant(uint256) = 4
ASSETS: constant(uint256) = 3  # BTC and ETH on push feeds, SOL on a pull feed
COLLATERALS: constant(uint256) = 2
PUSHED: constant(uint256) = 2

# Where everything is; written by `tests/forge_tape.py`.
struct World:
    transactions: uint256  # on the tape
    time: uint256  # of all of them [s]
    chain_id: uint256  # LP shares keep it as an immutable
    deployer: address
    oracle: IPriceOracle
    risk: IRiskEngine
    interest: address
    house: IClearinghouse
    pool: ILiquidityPool
    fund: IInsuranceFund
    auction: ILiquidationAuction
    deleveraging: address
    lens: address
    quote: address
    tokens: address[COLLATERALS]  # by token id
    aggregators: address[PUSHED]
    proxies: address[PUSHED]
    pyth: address
    price_id: bytes32
    sequencer: address
    prices: uint256[ASSETS]  # first of each feed [quote wad per unit]
    units: uint256[ASSETS]  # one unit of a feed's answer [quote wad per unit]


world: World
now: uint256  # [s]


@internal
def _load():
    """
    @notice Reads where everything is, without deploying it.
    """
    self.world = abi_decode(staticcall VM.readFileBinary(concat(TAPE, "world.bin")), World)
    self.now = self.world.time


@internal
def _deploy():
    """
    @notice Replays the tape.
    """
    self._load()
    deployer: address = self.world.deployer
    extcall VM.warp(self.now)
    extcall VM.chainId(self.world.chain_id)
    extcall VM.deal(deployer, WAD)
    for number: uint256 in range(self.world.transactions, bound=MAX_TRANSACTIONS):
        path: String[128] = concat(TAPE, "transactions/", uint2str(number), ".bin")
        to: address = empty(address)
        created: address = empty(address)
        value: uint256 = 0
        data: Bytes[MAX_DATA] = b""
        to, created, value, data = abi_decode(
            staticcall VM.readFileBinary(path), (address, address, uint256, Bytes[MAX_DATA])
        )
        extcall VM.prank(deployer)
        if to == empty(address):
            assert raw_create(data, value=value) == created, "tape: another address"
        else:
            raw_call(to, data, value=value)


@internal
def _sync():
    extcall VM.warp(self.now)


@internal
def _pass(_seconds: uint256):
    self.now += _seconds
    extcall VM.warp(self.now)
