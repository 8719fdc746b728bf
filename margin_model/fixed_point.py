"""Exact integer mirror of ``contracts/modules/fixed_point.vy`` and of snekmate's ``math``.

Signed division in Vyper truncates towards zero while Python floors, so mirrors divide with
`trunc_div`. `wad_ln` and `wad_exp` reproduce snekmate 0.1.2 (Remco Bloemen's rational
approximations, https://xn--2-umb.com/22/exp-ln) bit by bit. A result that the contract refuses
(overflow, division by zero) raises `OverflowError` or `ZeroDivisionError`.
"""

import math

WAD = 10**18

_UINT_MAX = 2**256 - 1
_INT_MAX = 2**255 - 1
_EXP_UNDERFLOW = -41_446_531_673_892_822_313  # below: exp(x) < 1e-18
_EXP_OVERFLOW = 135_305_999_368_893_231_589

# Of wad_ln, in 2**174 / 10**18: the scale of p / q, ln 2, and ln(2**96 / 10**18).
_LN_SCALE = 1_677_202_110_996_718_588_342_820_967_067_443_963_516_166
_LN_2 = 16597577552685614221487285958193947469193820559219878177908093499208371
_LN_BASE = 600920179829731861736702779321621459595472258049074101567377883020018308
_LN_2_96 = 54_916_777_467_707_473_351_141_471_128  # ln 2 [2**96]


def trunc_div(a: int, b: int) -> int:
    """Quotient rounded towards zero, as ``//`` on signed integers in Vyper."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def checked(x: int) -> int:
    """`x` itself if it is a uint256, as Vyper's checked arithmetic."""
    if not 0 <= x <= _UINT_MAX:
        raise OverflowError("uint256 out of range")
    return x


def checked_signed(x: int) -> int:
    """`x` itself if it is an int256, as Vyper's checked arithmetic."""
    if not -_INT_MAX - 1 <= x <= _INT_MAX:
        raise OverflowError("int256 out of range")
    return x


def div_up(a: int, b: int) -> int:
    """Quotient of unsigned integers, rounded up."""
    if not 0 <= a <= _UINT_MAX >= b >= 0:
        raise OverflowError("uint256 out of range")
    return -(-a // b)


def mul_div_up(a: int, b: int, c: int) -> int:
    """``a * b / c`` of unsigned integers, rounded up."""
    return div_up(a * b, c)


def mul_wad_down(a: int, b: int) -> int:
    """Product of unsigned wads, rounded down [wad]."""
    return checked(a * b) // WAD


def mul_wad_up(a: int, b: int) -> int:
    """Product of unsigned wads, rounded up [wad]."""
    return -(-checked(a * b) // WAD)


def mul_wad_ceil_signed(a: int, b: int) -> int:
    """Product of signed wads, rounded towards +infinity [wad]."""
    return -(-checked_signed(a * b) // WAD)


def isqrt(x: int) -> int:
    """Integer square root, rounded down."""
    return math.isqrt(checked(x))


def wad_ln(x: int) -> int:
    """Natural logarithm of ``x >= 0`` [wad]; 0 at 0, as snekmate's ``_wad_ln``."""
    if checked_signed(x) < 0:
        raise ValueError("wad_ln undefined")
    if x == 0:
        return 0
    # x = 2**k * m, m in [1, 2) as 2**96 fixed point; ln x = k ln 2 + ln m
    k = x.bit_length() - 1 - 96
    m = ((x << (159 - k)) & _UINT_MAX) >> 159
    p = (((m + 3_273_285_459_638_523_848_632_254_066_296) * m) >> 96) + (
        24_828_157_081_833_163_892_658_089_445_524
    )
    p = ((p * m) >> 96) + 43_456_485_725_739_037_958_740_375_743_393
    p = ((p * m) >> 96) - 11_111_509_109_440_967_052_023_855_526_967
    p = ((p * m) >> 96) - 45_023_709_667_254_063_763_336_534_515_857
    p = ((p * m) >> 96) - 14_706_773_417_378_608_786_704_636_184_526
    p = p * m - (795_164_235_651_350_426_258_249_787_498 << 96)
    q = (((m + 5_573_035_233_440_673_466_300_451_813_936) * m) >> 96) + (
        71_694_874_799_317_883_764_090_561_454_958
    )
    q = ((q * m) >> 96) + 283_447_036_172_924_575_727_196_451_306_956
    q = ((q * m) >> 96) + 401_686_690_394_027_663_651_624_208_769_553
    q = ((q * m) >> 96) + 204_048_457_590_392_012_362_485_061_816_622
    q = ((q * m) >> 96) + 31_853_899_698_501_571_402_653_359_427_138
    q = ((q * m) >> 96) + 909_429_971_244_387_300_277_376_558_375
    r = trunc_div(p, q)
    return (r * _LN_SCALE + k * _LN_2 + _LN_BASE) >> 174


def wad_exp(x: int) -> int:
    """``e**x`` [wad], as snekmate's ``_wad_exp``; 0 below 1e-18."""
    if x <= _EXP_UNDERFLOW:
        return 0
    if x >= _EXP_OVERFLOW:
        raise OverflowError("wad_exp overflow")
    x = trunc_div(x << 78, 5**18)
    # x = k ln 2 + y, y in (-ln 2 / 2, ln 2 / 2) as 2**96 fixed point
    k = (trunc_div(x << 96, _LN_2_96) + 2**95) >> 96
    x -= k * _LN_2_96
    y = (((x + 1_346_386_616_545_796_478_920_950_773_328) * x) >> 96) + (
        57_155_421_227_552_351_082_224_309_758_442
    )
    p = ((y + x - 94_201_549_194_550_492_254_356_042_504_812) * y) >> 96
    p = (p + 28_719_021_644_029_726_153_956_944_680_412_240) * x
    p += 4_385_272_521_454_847_904_659_076_985_693_276 << 96
    q = (((x - 2_855_989_394_907_223_263_936_484_059_900) * x) >> 96) + (
        50_020_603_652_535_783_019_961_831_881_945
    )
    q = ((q * x) >> 96) - 533_845_033_583_426_703_283_633_433_725_380
    q = ((q * x) >> 96) + 3_604_857_256_930_695_427_073_651_918_091_429
    q = ((q * x) >> 96) - 14_423_608_567_350_463_180_887_372_962_807_573
    q = ((q * x) >> 96) + 26_449_188_498_355_588_339_934_803_723_976_023
    r = trunc_div(p, q)
    product = (r * 3_822_833_074_963_236_453_042_738_258_902_158_003_155_416_615_667) & _UINT_MAX
    return product >> (195 - k)
