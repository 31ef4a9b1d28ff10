"""Who may make which call: tables that anybody can read, judged by the evaluator that the proof runs.

People: `issuer` and `client` hold the role of that name, `both` holds the two, `member` holds none, `deployer` may
create contracts, `stranger` linked no wallet. The contract is `TOKEN`; a word is 32 bytes of call data.
"""

import pytest

from prividium._core import CoreError, PolicyTable
from prividium.identity.principal import Principal
from prividium.permissions.decide import Allow, Call, Decision, Deny, judge_call
from prividium.permissions.rules import AccessType, CallRule, RuleType, WalletGrant
from prividium.types import Address, RoleId, Selector, UserId

ISSUER, CLIENT = RoleId(3), RoleId(4)
PEOPLE: dict[str, tuple[Address, frozenset[RoleId], bool]] = {
    "issuer": (Address(b"\x01" * 20), frozenset({ISSUER}), False),
    "client": (Address(b"\x02" * 20), frozenset({CLIENT}), False),
    "both": (Address(b"\x03" * 20), frozenset({ISSUER, CLIENT}), False),
    "member": (Address(b"\x04" * 20), frozenset(), False),
    "deployer": (Address(b"\x05" * 20), frozenset(), True),
    "stranger": (Address(b"\x06" * 20), frozenset(), False),
}
TOKEN, UNREGISTERED = Address(b"\xcc" * 20), Address(b"\xdd" * 20)
SELECTOR = Selector(bytes.fromhex("a9059cbb"))
NO_FUNCTION = Selector(b"")


def word(person: str) -> bytes:
    return bytes(12) + PEOPLE[person][0]


def table(*rules: CallRule) -> PolicyTable:
    grants = [WalletGrant(*PEOPLE[name]) for name in PEOPLE if name != "stranger"]
    return PolicyTable(1, sorted([*(grant.entry() for grant in grants), *(rule.entry() for rule in rules)]))


def rule(
    rule_type: RuleType, access: AccessType = "write", roles: set[RoleId] | None = None, offsets: tuple[int, ...] = ()
) -> CallRule:
    return CallRule(TOKEN, SELECTOR, rule_type, access, frozenset(roles or ()), offsets)


def verdict(policy: PolicyTable, person: str, data: bytes, access: AccessType = "write", **call: object) -> str:
    """`+reason` for an allowed call, `-reason` for a denied one."""
    address, roles, _ = PEOPLE[person]
    principal = Principal(UserId(person), person, "session", frozenset({address}), roles)
    given: dict[str, object] = {"target": TOKEN, "target_has_code": True, **call}
    asked = Call(sender=address, data=data, access=access, **given)  # type: ignore[arg-type]
    return shown(judge_call(policy, principal, asked))


def shown(decision: Decision) -> str:
    return f"{'+' if isinstance(decision, Allow) else '-'}{decision.reason}"


BY_TYPE = [
    # rule, person, words of call data, verdict
    ("forbidden", "issuer", [], "-rule.forbidden.deny"),
    ("public", "member", [], "+rule.public.allow"),
    ("public", "client", [], "+rule.public.allow"),
    ("public", "stranger", [], "-wallet.not_linked"),
    ("role", "issuer", [], "+rule.check_role.allow"),
    ("role", "both", [], "+rule.check_role.allow"),
    ("role", "client", [], "-rule.check_role.deny"),
    ("role", "member", [], "-rule.check_role.deny"),
    ("role", "stranger", [], "-wallet.not_linked"),
    ("argument", "client", ["client"], "+rule.restrict_argument.allow"),
    ("argument", "client", ["client", "issuer"], "+rule.restrict_argument.allow"),
    ("argument", "client", ["issuer"], "-rule.restrict_argument.deny"),
    ("argument", "client", [], "-rule.restrict_argument.decode_failed"),
    ("second argument", "client", ["issuer", "client"], "+rule.restrict_argument.allow"),
    ("second argument", "client", ["client", "issuer"], "-rule.restrict_argument.deny"),
    ("second argument", "client", ["client"], "-rule.restrict_argument.decode_failed"),
    ("two arguments", "client", ["client", "client"], "+rule.restrict_argument.allow"),
    ("two arguments", "client", ["client", "issuer"], "-rule.restrict_argument.deny"),
    ("role and argument", "issuer", ["issuer"], "+rule.and.allow"),
    ("role and argument", "issuer", ["client"], "-rule.and.deny_args"),
    ("role and argument", "client", ["client"], "-rule.and.deny_role"),
    ("role and argument", "member", ["client"], "-rule.and.deny_role"),
    ("role or argument", "issuer", ["client"], "+rule.or.allow_role"),
    ("role or argument", "client", ["client"], "+rule.or.allow_args"),
    ("role or argument", "client", ["issuer"], "-rule.or.deny_both"),
    ("role or argument", "issuer", [], "+rule.or.allow_role"),
]
RULES = {
    "forbidden": rule(RuleType.FORBIDDEN),
    "public": rule(RuleType.PUBLIC),
    "role": rule(RuleType.CHECK_ROLE, roles={ISSUER}),
    "argument": rule(RuleType.RESTRICT_ARGUMENT, offsets=(0,)),
    "second argument": rule(RuleType.RESTRICT_ARGUMENT, offsets=(1,)),
    "two arguments": rule(RuleType.RESTRICT_ARGUMENT, offsets=(0, 1)),
    "role and argument": rule(RuleType.CHECK_ROLE_AND_RESTRICT_ARGUMENT, roles={ISSUER}, offsets=(0,)),
    "role or argument": rule(RuleType.CHECK_ROLE_OR_RESTRICT_ARGUMENT, roles={ISSUER}, offsets=(0,)),
}


@pytest.mark.parametrize(("rule_name", "person", "words", "expected"), BY_TYPE)
def test_a_rule_decides_by_its_type(rule_name: str, person: str, words: list[str], expected: str) -> None:
    data = SELECTOR + b"".join(word(name) for name in words)
    assert verdict(table(RULES[rule_name]), person, data) == expected


BY_ACCESS: list[tuple[AccessType, AccessType, str]] = [
    # access of the rule, access that is asked, verdict
    ("write", "write", "+rule.public.allow"),
    ("write", "read", "+rule.public.allow"),
    ("read", "read", "+rule.public.allow"),
    ("read", "write", "-permission.access_type_mismatch"),
]


@pytest.mark.parametrize(("granted", "asked", "expected"), BY_ACCESS)
def test_a_write_rule_includes_reading_and_not_the_reverse(
    granted: AccessType, asked: AccessType, expected: str
) -> None:
    assert verdict(table(rule(RuleType.PUBLIC, granted)), "member", SELECTOR, asked) == expected


BY_TARGET = [
    # person, target, has code, is a precompile, data, verdict
    ("member", TOKEN, True, False, SELECTOR, "+rule.public.allow"),
    ("member", TOKEN, True, False, b"\x00\x00\x00\x00", "-permission.missing"),
    ("member", TOKEN, True, False, b"", "-permission.missing"),
    ("member", TOKEN, True, False, SELECTOR[:3], "-permission.missing"),
    ("member", UNREGISTERED, True, False, SELECTOR, "-permission.missing"),
    ("member", UNREGISTERED, False, False, b"", "+transfer.native.allow"),
    ("member", UNREGISTERED, False, False, SELECTOR, "+transfer.native.allow"),
    ("stranger", UNREGISTERED, False, False, b"", "-wallet.not_linked"),
    ("member", Address(bytes(19) + b"\x01"), False, True, b"", "+precompile.allow"),
    ("deployer", None, False, False, b"\x60\x00", "+deploy.allow"),
    ("issuer", None, False, False, b"\x60\x00", "-deploy.permission_missing"),
    ("stranger", None, False, False, b"\x60\x00", "-wallet.not_linked"),
]


@pytest.mark.parametrize(("person", "target", "has_code", "is_precompile", "data", "expected"), BY_TARGET)
def test_a_target_decides_which_rule_applies(
    person: str, target: Address | None, has_code: bool, is_precompile: bool, data: bytes, expected: str
) -> None:
    policy = table(rule(RuleType.PUBLIC))
    call = {"target": target, "target_has_code": has_code, "target_is_precompile": is_precompile}
    assert verdict(policy, person, data, **call) == expected


def test_a_call_without_a_function_has_a_rule_of_its_own() -> None:
    policy = table(CallRule(TOKEN, NO_FUNCTION, RuleType.PUBLIC, "write"))
    assert [verdict(policy, "member", data) for data in (b"", b"\x01\x02\x03", SELECTOR)] == [
        "+rule.public.allow",
        "+rule.public.allow",
        "-permission.missing",
    ]


@pytest.mark.parametrize("padding", [b"\x01" + bytes(11), bytes(11) + b"\x01", b"\xff" * 12])
def test_an_argument_with_dirty_padding_is_not_ones_own(padding: bytes) -> None:
    data = SELECTOR + padding + PEOPLE["client"][0]
    assert verdict(table(RULES["argument"]), "client", data) == "-rule.restrict_argument.decode_failed"


def test_an_argument_that_is_cut_off_is_not_ones_own() -> None:
    data = (SELECTOR + word("client"))[:-1]
    assert verdict(table(RULES["argument"]), "client", data) == "-rule.restrict_argument.decode_failed"


def test_nobody_calls_in_the_name_of_another() -> None:
    thief = Principal(UserId("thief"), "thief", "session", frozenset({PEOPLE["member"][0]}))
    call = Call(PEOPLE["issuer"][0], TOKEN, SELECTOR, "write", target_has_code=True)
    assert judge_call(table(RULES["public"]), thief, call) == Deny("wallet.not_owned_by_user")


def test_an_empty_table_allows_nothing() -> None:
    policy = PolicyTable(1, [])
    assert {verdict(policy, person, SELECTOR) for person in PEOPLE} == {"-wallet.not_linked"}


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        (b"", b""),
        (b"\x10" + b"\x01" * 20, b""),
        (b"\x10" + b"\x01" * 20, bytes.fromhex("020000")),
        (b"\x10" + b"\x01" * 20, bytes.fromhex("0000020000000400000003")),
        (b"\x12" + TOKEN + b"\x04" + SELECTOR, bytes.fromhex("06010000000000")),
        (b"\x12" + TOKEN + b"\x04" + SELECTOR, bytes.fromhex("0201000000" + "00")),
        (b"\x12" + TOKEN + b"\x03" + SELECTOR[:3], bytes.fromhex("010100000000")),
    ],
    ids=range(7),
)
def test_a_malformed_entry_is_refused(key: bytes, entry: bytes) -> None:
    with pytest.raises(CoreError):
        PolicyTable(1, [(key, entry)])
