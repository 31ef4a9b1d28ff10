"""Small hostile contracts, assembled by hand (EVM opcodes as in the Yellow Paper), and their way onto the chain."""

from eth_utils.crypto import keccak

from prividium.demo.administration import add_rule
from prividium.demo.member import Member
from prividium.permissions.abi import Parameter, function_of
from prividium.types import Json
from tests.unit.live import Scene

CALL, CALLCODE, DELEGATECALL, STATICCALL = 0xF1, 0xF2, 0xF4, 0xFA
_MUST_SUCCEED = bytes.fromhex("3d5f5f3e58600801573d5ffd5b")
"""Hands back the revert of the last call: copy; jump to PC + 8 on success; revert."""
HANDS_BACK = _MUST_SUCCEED + bytes.fromhex("3d5ff3")
"""Return data of the last call, as the outcome of this one."""
REVERTS = bytes.fromhex("5f5ffd")


def creation(runtime: bytes) -> bytes:
    """Code that deploys `runtime`."""
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + runtime


def passes_on(target: str, opcode: int = CALL) -> bytes:
    """Hands its call data to `target`, and back what comes back, reverts included."""
    return bytes.fromhex("365f5f37") + _call(target, opcode, bytes.fromhex("365f")) + HANDS_BACK


def calls(target: str, data: bytes, opcode: int = CALL) -> bytes:
    """Calls `target` with `data`, whatever it is called with itself."""
    return _stored_call(target, data, opcode) + HANDS_BACK


def step(target: str, data: bytes, opcode: int = CALL, *, forgiving: bool = False) -> bytes:
    """One call of several; `forgiving` goes on if it reverts. Code may follow it."""
    return _stored_call(target, data, opcode) + (b"\x50" if forgiving else _MUST_SUCCEED)


def in_turn(*steps: bytes) -> bytes:
    """A multicall with its calls built in."""
    return b"".join(steps) + b"\x00"


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


def guard(administrator: Member, address: str, signature: str, *others: str, **conditions: Json) -> None:
    """One rule for everybody to write, under conditions as in the REST interface; `others` get into the ABI alone."""
    abi: list[Json] = [_function(known) for known in (signature, *others)]
    administrator.rest("POST", "/api/contracts", {"contractAddress": address, "name": "Guarded", "abi": abi})
    body: Json = {
        "contractAddress": address,
        "functionSignature": signature,
        "accessType": "write",
        "ruleType": "restrictArgument" if "argumentConditions" in conditions else "public",
        **conditions,
    }
    administrator.rest("POST", "/api/contract-permissions", body)


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
    whole = function_of(signature)
    inputs: list[Json] = [_input(parameter) for parameter in whole.parameters]
    return {"type": "function", "name": whole.name, "inputs": inputs, "outputs": [], "stateMutability": "nonpayable"}


def _input(parameter: Parameter) -> dict[str, Json]:
    if parameter.is_array:
        element = _input(parameter.parts[0])
        return {**element, "type": f"{element['type']}[{parameter.length or ''}]"}
    members: list[Json] = [_input(part) for part in parameter.parts]
    return {"name": "", "type": "tuple", "components": members} if members else {"name": "", "type": parameter.type}


def _stored_call(target: str, data: bytes, opcode: int) -> bytes:
    words = b"".join(
        b"\x7f" + data[start : start + 32].ljust(32, b"\0") + b"\x61" + start.to_bytes(2, "big") + b"\x52"
        for start in range(0, len(data), 32)
    )
    return words + _call(target, opcode, b"\x61" + len(data).to_bytes(2, "big") + b"\x5f")


def _call(target: str, opcode: int, data_place: bytes) -> bytes:
    """`data_place` pushes size and offset of the input."""
    value = b"\x5f" if opcode in (CALL, CALLCODE) else b""
    return bytes.fromhex("5f5f") + data_place + value + b"\x73" + bytes.fromhex(target[2:]) + b"\x5a" + bytes([opcode])
