# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title What every invariant suite says to forge
@custom:contract-name suite
@license GNU Affero General Public License v3.0 only
@author Plimsoll
"""

from ..interfaces import IHandler

from . import books
from . import world

uses: books
uses: world

REPORT: constant(String[32]) = "build/forge/report.txt"

# As forge asks for it.
struct FuzzSelector:
    addr: address
    selectors: DynArray[bytes4, 8]


handler: IHandler


@internal
def _begin(_provided: uint256, _staked: uint256):
    """
    @notice The protocol, and a handler in front of it.
    """
    world._deploy()
    self.handler = IHandler(extcall world.VM.deployCode("Handler.vy"))
    extcall self.handler.begin(_provided, _staked)


@external
@view
def targetContracts() -> DynArray[address, 1]:
    """
    @return whose functions make the sequences
    """
    return [self.handler.address]


@external
@view
def excludeSelectors() -> DynArray[FuzzSelector, 1]:
    """
    @return what only a suite may call
    """
    methods: DynArray[bytes4, 8] = [
        method_id("begin(uint256,uint256)", output_type=bytes4),
        method_id("lever_up()", output_type=bytes4),
        method_id("borrow()", output_type=bytes4),
        method_id("crash(uint256)", output_type=bytes4),
        method_id("report(string)", output_type=bytes4),
    ]
    return [FuzzSelector(addr=self.handler.address, selectors=methods)]


@external
def invariant_money():
    """
    @notice After every action.
    """
    world.now = staticcall self.handler.now()
    world._sync()
    books._check()


@external
def afterInvariant():
    """
    @notice After every run.
    """
    world.now = staticcall self.handler.now()
    world._sync()
    books._check_views()
    extcall self.handler.report(REPORT)
