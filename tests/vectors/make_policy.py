"""Writes `policy.json`: calls under rules with conditions, decided by the slow twin in `tests/reference`.

`python -m tests.vectors.make_policy`
"""

import json
from pathlib import Path

from eth_abi.abi import encode

from prividium.permissions.abi import function_of
from prividium.permissions.condition_drafts import ArgumentCondition, ConditionsDraft, LimitDraft
from prividium.permissions.rules import CallRule, RuleType, WalletGrant
from prividium.types import Address, Selector
from tests.reference import policy

SIGNER, OTHER, TARGET = Address(b"\x11" * 20), Address(b"\x22" * 20), Address(b"\xcc" * 20)
OWN, FOREIGN = "0x" + SIGNER.hex(), "0x" + OTHER.hex()
OWNER = b"\x07" * 16
NOW, DAY = 1_700_000_000, 86_400

PLACES: list[tuple[str, ArgumentCondition, policy.Predicate, list[list[object]]]] = [
    # signature, condition, the same for the twin, arguments
    (
        "pay(address,uint256)",
        ArgumentCondition(1, (), "atMost", (100,)),
        policy.Predicate((1,), (0, 100)),
        [[OWN, 0], [OWN, 100], [OWN, 101], [OWN, 2**256 - 1]],
    ),
    (
        "pay(address,uint256)",
        ArgumentCondition(0, (), "oneOf", (OWN, FOREIGN)),
        policy.Predicate((0,), [OWN, FOREIGN]),
        [[OWN, 0], [FOREIGN, 0], ["0x" + "33" * 20, 0]],
    ),
    (
        "shift(int16)",
        ArgumentCondition(0, (), "between", (-5, 5)),
        policy.Predicate((0,), (-5, 5)),
        [[-6], [-5], [0], [5], [6]],
    ),
    (
        "batch((address,uint256,bytes)[],string)",
        ArgumentCondition(0, ("*", 0), "ownWallet", ()),
        policy.Predicate((0, "*", 0), "signer"),
        [[[], ""], [[(OWN, 1, b"a")], "x"], [[(OWN, 1, b"")] * 3, ""], [[(OWN, 1, b""), (FOREIGN, 1, b"")], ""]],
    ),
    (
        "grid(uint8[2][],bool)",
        ArgumentCondition(0, (1, "*"), "atLeast", (3,)),
        policy.Predicate((0, 1, "*"), (3, 255)),
        [[[], True], [[(1, 1)], True], [[(1, 1), (3, 4)], False], [[(9, 9), (3, 2)], True]],
    ),
    (
        "note(bytes4,bytes)",
        ArgumentCondition(0, (), "equals", ("0x01020304",)),
        policy.Predicate((0,), [bytes([1, 2, 3, 4])]),
        [[bytes([1, 2, 3, 4]), b"x" * 33], [bytes(4), b""]],
    ),
]
REASONS = {
    True: "rule.restrict_argument.allow",
    False: "rule.restrict_argument.deny",
    None: "rule.restrict_argument.decode_failed",
}


def damages(data: bytes) -> dict[str, bytes]:
    """Encodings that are not canonical, beside the one that is."""
    last = len(data) - 32
    return {
        "canonical": data,
        "cut": data[:-1],
        "longer": data + bytes(32),
        "dirty first word": b"\x01" + data[1:] if data[0] == 0 else b"\x02" + data[1:],
        "dirty last word": data[:last] + b"\xff" * 32,
        "first word moved": (int.from_bytes(data[:32]) + 32 & 2**256 - 1).to_bytes(32) + data[32:],
    }


def case(name: str, draft: ConditionsDraft, signature: str, data: bytes, kind: RuleType) -> dict[str, object]:
    function = function_of(signature)
    rule = CallRule(TARGET, Selector(function.selector), kind, "write", conditions=draft.compile(function))
    entries = sorted([rule.entry(), WalletGrant(SIGNER, frozenset(), may_deploy=False, owner=OWNER).entry()])
    return {
        "name": name,
        "entries": [[key.hex(), entry.hex()] for key, entry in entries],
        "data": (function.selector + data).hex(),
        "timestamp": NOW,
        "counters": [],
    }


def predicate_cases() -> list[dict[str, object]]:
    made = []
    for signature, condition, predicate, listed in PLACES:
        types = [parameter.type for parameter in function_of(signature).parameters]
        for arguments in listed:
            for damage, data in damages(encode(types, arguments)).items():
                right = policy.arguments_are_right(types, [predicate], b"\0\0\0\0" + data, SIGNER)
                name = f"{signature} {condition.test} {arguments} {damage}"
                draft = ConditionsDraft(arguments=(condition,))
                made.append(case(name, draft, signature, data, RuleType.RESTRICT_ARGUMENT) | {"reason": REASONS[right]})
    return made


def limit_cases() -> list[dict[str, object]]:
    signature = "spread(uint128[],address)"
    wide = (LimitDraft(DAY, 3, None, ()), LimitDraft(DAY, 10**40, 0, ("*",)))
    function = function_of(signature)
    made = []
    for amounts in ([], [5], [2**100, 1, 2]):
        values = (amounts, OWN)
        counters = []
        for limit in (policy.Limit(DAY, 3), policy.Limit(DAY, 10**40, (0, "*"))):
            counter = policy.Counter(limit)
            counter.count(NOW, values)
            slot = policy.counter_slot(OWNER + bytes(4), TARGET, function.selector, limit)
            counters.append([slot.hex(), counter.word(NOW).hex()])
        data = encode(["uint128[]", "address"], values)
        described = case(f"limits {amounts}", ConditionsDraft(limits=wide), signature, data, RuleType.PUBLIC)
        made.append(described | {"reason": "rule.public.allow", "counters": counters})
        cut = case(f"limits {amounts} cut", ConditionsDraft(limits=wide), signature, data[:-32], RuleType.PUBLIC)
        made.append(cut | {"reason": "limit.decode_failed"})
    return made


def time_cases() -> list[dict[str, object]]:
    spans = [
        (NOW, None, "rule.public.allow"),
        (NOW + 1, None, "grant.not_started"),
        (None, NOW, "grant.expired"),
        (None, NOW + 1, "rule.public.allow"),
    ]
    return [
        case(f"valid {begin}/{end}", ConditionsDraft(begin, end), "f()", b"", RuleType.PUBLIC) | {"reason": reason}
        for begin, end, reason in spans
    ]


if __name__ == "__main__":
    cases = [*predicate_cases(), *limit_cases(), *time_cases()]
    (Path(__file__).parent / "policy.json").write_text(json.dumps(cases, indent=1) + "\n")
