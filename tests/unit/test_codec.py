"""Our ABI coding against eth_abi's."""

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from chain import EncodingError
from chain.codec import codec, tuple_codec
from chain.contract import Contract
from chain.interface import Reverted, decode_reason

COMPONENTS = [
    {"name": "a", "type": "uint256"},
    {"name": "b", "type": "int128"},
    {"name": "c", "type": "bool"},
    {"name": "d", "type": "address"},
    {"name": "e", "type": "string"},
    {"name": "f", "type": "bytes"},
    {"name": "g", "type": "bytes32"},
    {"name": "h", "type": "uint16[3]"},
    {"name": "i", "type": "int256[]"},
    {"name": "j", "type": "string[2]"},
    {
        "name": "k",
        "type": "tuple[]",
        "components": [{"name": "x", "type": "uint8"}, {"name": "y", "type": "bytes"}],
    },
    {
        "name": "l",
        "type": "tuple",
        "components": [{"name": "x", "type": "int64"}, {"name": "y", "type": "uint8[2]"}],
    },
]
TYPES = [
    "uint256",
    "int128",
    "bool",
    "address",
    "string",
    "bytes",
    "bytes32",
    "uint16[3]",
    "int256[]",
    "string[2]",
]
TYPES += ["(uint8,bytes)[]", "(int64,uint8[2])"]


def _integers(bits: int, signed: bool = False) -> st.SearchStrategy[int]:
    return (
        st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if signed
        else st.integers(0, 2**bits - 1)
    )


VALUES = st.tuples(
    _integers(256),
    _integers(128, signed=True),
    st.booleans(),
    st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    st.text(max_size=40),
    st.binary(max_size=70),
    st.binary(min_size=32, max_size=32),
    st.tuples(*[_integers(16)] * 3),
    st.lists(_integers(256, signed=True), max_size=3),
    st.tuples(st.text(max_size=40), st.text(max_size=3)),
    st.lists(st.tuples(_integers(8), st.binary(max_size=40)), max_size=3),
    st.tuples(_integers(64, signed=True), st.tuples(_integers(8), _integers(8))),
)


def _plain(value: object) -> object:
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


@given(VALUES)
def test_codec__any_values__as_eth_abi(values):
    whole = tuple_codec(COMPONENTS)
    encoded = whole.encode(values)
    assert encoded == encode(TYPES, values)
    back = _plain(whole.decode(encoded, 0))
    assert back[3].lower() == values[3]
    expected = decode(TYPES, encoded)
    assert back[:3] + back[4:] == expected[:3] + expected[4:]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("int8", -129),
        ("bool", 2),
        ("address", "0x12"),
        ("address", 5),
        ("string", b"bytes"),
        ("bytes", "text"),
        ("bytes4", b"12345"),
        ("uint8[2]", [1]),
    ],
)
def test_encode__misfit__names_the_type(kind, value):
    with pytest.raises(EncodingError, match=kind.replace("[", r"\[").replace("]", r"\]")):
        codec({"name": "x", "type": kind}).encode(value)


def test_encode__contract__stands_for_its_address(chain, artifacts, trader):
    contract = Contract(chain, artifacts["ChainProbe"], trader)
    address = codec({"name": "x", "type": "address"})
    assert address.encode(contract) == address.encode(trader)


def test_codec__unknown_type__named():
    with pytest.raises(EncodingError, match="fixed128x18"):
        codec({"name": "x", "type": "fixed128x18"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ""),
        (bytes.fromhex("08c379a0") + encode(["string"], ["noun: reason"]), "noun: reason"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), "panic: 0x11"),
        (bytes.fromhex("12345678"), "unknown: 0x12345678"),
        (bytes.fromhex("08c379a0ff"), "undecodable: 0x08c379a0ff"),
    ],
)
def test_decode_reason__what_contracts_return__as_text(data, reason):
    assert decode_reason(data) == reason
    assert Reverted.from_data(data).reason == reason
