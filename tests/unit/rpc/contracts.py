"""Small hostile contracts, assembled by hand (EVM opcodes as in the Yellow Paper), and their way onto the chain."""

from eth_utils.crypto import keccak

from prividium.demo.administration import add_rule
from prividium.demo.member import Member
from prividium.types import Json
from tests.unit.live import Scene

CALL, CALLCODE, DELEGATECALL, STATICCALL = 0xF1, 0xF2, 0xF4, 0xFA
HANDS_BACK = bytes.fromhex("3d5f5f3e58600801573d5ffd5b3d5ff3")
"""Return data of the last call, as the outcome of this one: copy; jump to PC + 8 on success; revert; return."""


def creation(runtime: bytes) -> bytes:
    """Code that deploys `runtime`."""
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + runtime


def passes_on(target: str, opcode: int = CALL) -> bytes:
    """Hands its call data to `target`, and back what comes back, reverts included."""
    return bytes.fromhex("365f5f37") + _call(target, opcode, bytes.fromhex("365f")) + HANDS_BACK


def calls(target: str, data: bytes, opcode: int = CALL) -> bytes:
    """Calls `target` with `data`, whatever it is called with itself."""
    words = b"".join(
        b"\x7f" + data[start : start + 32].ljust(32, b"\0") + b"\x61" + start.to_bytes(2, "big") + b"\x52"
        for start in range(0, len(data), 32)
    )
    return words + _call(target, opcode, b"\x61" + len(data).to_bytes(2, "big") + b"\x5f") + HANDS_BACK


def emits(topics: list[bytes], data: bytes = b"") -> bytes:
    """Emits one event; `data` is at most a word."""
    store = b"\x7f" + data.ljust(32, b"\0") + bytes.fromhex("5f52") if data else b""
    pushed = b"".join(b"\x7f" + topic for topic in reversed(topics))
    return store + pushed + b"\x60" + bytes([len(data)]) + b"\x5f" + bytes([0xA0 + len(topics)]) + b"\x00"


def answers(word: bytes, reverts: bool = False) -> bytes:
    """Returns, or reverts with, one word."""
    return b"\x7f" + word + bytes.fromhex("5f5260205f") + (b"\xfd" if reverts else b"\xf3")


def minimal_proxy(target: str) -> bytes:
    """EIP-1167."""
    return bytes.fromhex(f"363d3d373d3d3d363d73{target[2:].lower()}5af43d82803e903d91602b57fd5bf3")


def deploy(scene: Scene, runtime: bytes, *rules: tuple[str, str, str]) -> str:
    """The address of a new contract; `rules` are (signature, access, rule type)."""
    receipt = scene.administrator.send(None, creation(runtime), scene.chain_id)
    assert receipt["status"] == "0x1"
    address = str(receipt["contractAddress"])
    if rules:
        allow(scene.administrator, address, *rules)
    return address


def allow(administrator: Member, address: str, *rules: tuple[str, str, str]) -> None:
    functions: list[Json] = [_function(signature) for signature, _, _ in rules]
    body: Json = {"contractAddress": address, "name": "Hostile", "abi": functions}
    administrator.rest("POST", "/api/contracts", body)
    for signature, access, rule in rules:
        arguments = [0] if "restrictArgument" in rule else []
        add_rule(administrator, address, signature, access, rule, arguments=arguments)


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def _function(signature: str) -> Json:
    name, _, rest = signature.partition("(")
    inputs: list[Json] = [{"name": "", "type": kind} for kind in rest.removesuffix(")").split(",") if kind]
    return {"type": "function", "name": name, "inputs": inputs, "outputs": [], "stateMutability": "nonpayable"}


def _call(target: str, opcode: int, data_place: bytes) -> bytes:
    """`data_place` pushes size and offset of the input."""
    value = b"\x5f" if opcode in (CALL, CALLCODE) else b""
    return bytes.fromhex("5f5f") + data_place + value + b"\x73" + bytes.fromhex(target[2:]) + b"\x5a" + bytes([opcode])
