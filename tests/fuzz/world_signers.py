"""Who signs forecasts: keys of a test, fast enough for a campaign.

Every signer signs with one nonce, known beforehand, so that a signature is an inverse less and a
multiplication more. It gives his key away to whoever sees two: these keys guard nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from eth_keys.datatypes import PrivateKey, PublicKey
from eth_utils.crypto import keccak

from chain import Contract
from margin_model.risk_report import RiskReport, typed_data

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve."""
SIGNERS = 4
"""Keys that may sign; one more never may."""
FIRST_SIGNERS, THRESHOLD = 3, 2
"""Who may sign at the start, and how many it takes."""
_WORD = 32
_NONCE = 9_001


@dataclass(frozen=True)
class Signer:
    """A key and what of its signatures is always the same.

    Attributes
    ----------
    number : int
        Its address.
    odd : int
        Whether the nonce's point has an odd y.
    """

    number: int
    secret: int
    r: int
    odd: int
    inverse: int  # of the nonce

    @classmethod
    def of(cls, secret: int) -> Signer:
        """The key of a number."""
        nonce = _NONCE + secret
        point = _public(nonce).to_bytes()
        r = int.from_bytes(point[:_WORD], "big") % ORDER
        number = int(_public(secret).to_address(), 16)
        return cls(number, secret, r, point[-1] & 1, pow(nonce, -1, ORDER))

    def sign(self, digest: bytes, *, high: bool = False) -> bytes:
        """r, s and v; `high`: in the other form, which nobody should take."""
        s = self.inverse * (int.from_bytes(digest, "big") + self.r * self.secret) % ORDER
        odd = self.odd
        if (s > ORDER // 2) != high:
            s, odd = ORDER - s, odd ^ 1
        return self.r.to_bytes(_WORD, "big") + s.to_bytes(_WORD, "big") + bytes((27 + odd,))


def _public(secret: int) -> PublicKey:
    return PrivateKey(secret.to_bytes(_WORD, "big")).public_key


@cache
def all_signers() -> tuple[Signer, ...]:
    """Those who may be signers, ascending by address, and last the one who never is."""
    found = [Signer.of(secret) for secret in range(1, SIGNERS + 1)]
    return (*sorted(found, key=lambda signer: signer.number), Signer.of(SIGNERS + 1))


def addresses(signers: int) -> list[str]:
    """Of a bitmap of signers, ascending."""
    return [f"0x{s.number:040x}" for i, s in enumerate(all_signers()) if signers >> i & 1]


class Digests:
    """What has to be signed for one contract.

    Parameters
    ----------
    contract : Contract
        The `RiskReports`.
    """

    def __init__(self, contract: Contract) -> None:
        nothing, chain_id = RiskReport(0, 0, 0, 0, 0, 0), contract.chain.chain_id
        example = typed_data(nothing, chain_id, contract.address)
        members = ",".join(f"{m['type']} {m['name']}" for m in example["types"]["RiskReport"])
        self._type = keccak(text=f"RiskReport({members})")
        domain = example["domain"]
        kinds = ",".join(f"{m['type']} {m['name']}" for m in example["types"]["EIP712Domain"])
        self._head = b"\x19\x01" + keccak(
            keccak(text=f"EIP712Domain({kinds})")
            + keccak(text=domain["name"])
            + keccak(text=domain["version"])
            + domain["chainId"].to_bytes(_WORD, "big")
            + bytes.fromhex(contract.address[2:]).rjust(_WORD, b"\0")
        )

    def of(self, members: tuple[int, ...]) -> bytes:
        """Of a report's members, in their order."""
        encoded = b"".join(member.to_bytes(_WORD, "big") for member in members)
        return keccak(self._head + keccak(self._type + encoded))
