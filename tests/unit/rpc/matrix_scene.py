"""The people, machine, contracts and objects of the matrix, on a node of their own.

Each of the callers has, and did, the same: a wallet with a balance of its own, a contract wallet (ERC-1271) with code
and a word in storage, shares of the fund, and a transaction to the board, which emits one log that names nobody. No two
have the same numbers, so that an answer shows whose it is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from prividium import clock
from prividium._core import contract_address
from prividium.demo import fund
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.member import Member
from prividium.identity.credentials import Origin
from prividium.identity.models import User
from prividium.identity.sessions import open_session
from prividium.rest import time_text
from prividium.types import Json, parse_address, to_hex
from tests.unit.ledger import signature_wallets
from tests.unit.live import LiveNode, Scene, address_of, new_account, set_scene
from tests.unit.rpc import contracts
from tests.unit.rpc.matrix import ALIKE, CALLERS, OBJECTS

NOTE = keccak(text="Note()")
BOARD_CODE = contracts.emits([NOTE])
BOARD_BALANCE, BOARD_WORD = 999, 99
DECIMALS = 6
SEAL_SECONDS_MAX = 60
GAS, SYNC_MS = 500_000, 10_000
NOBODY = "0x" + "ab" * 20
"""An address, and below a transaction and a block, that do not exist."""
NO_HASH = "0x" + "ab" * 32
NO_BLOCK = "0xffffff"


@dataclass(frozen=True)
class Calling:
    """A call, and the word that it returns if it is a read."""

    to: str
    data: bytes
    answer: bytes = b""


@dataclass(frozen=True)
class Sent:
    """A transaction in a block of its own."""

    hash: str
    block: str
    block_hash: str


@dataclass(frozen=True)
class Thing:
    """One of the four objects, as far as a question may be about it."""

    owner: Member | None
    """Who did it and can do it again; nobody for what is absent."""
    wallet: str
    balance: int
    contract: str
    code: bytes
    word: int
    """In slot 0 of the contract."""
    read: Calling
    write: Calling
    sent: Sent
    waiting: str
    """Hash of a transaction that no block takes, since a nonce before it is missing."""
    emitter: str


@dataclass(frozen=True)
class Asker:
    """A caller with the objects, which are relative to who asks."""

    name: str
    member: Member
    own: Thing
    others: Thing
    wallets: frozenset[str]


@dataclass(frozen=True)
class Stage:
    scene: Scene
    board: str
    clerk: Member
    """Deployed the board; nobody's counterpart."""
    public: Thing
    absent: Thing
    askers: Mapping[str, Asker]

    @property
    def live(self) -> LiveNode:
        return self.scene.live

    def thing(self, asker: Asker, whose: str) -> Thing:
        return dict(zip(OBJECTS, (asker.own, asker.others, self.public, self.absent), strict=True))[whose]


@contextmanager
def opened_stage(folder: Path) -> Iterator[Stage]:
    names = ["counterpart", *(name for name in (*CALLERS, *ALIKE) if name != "anonymous")]
    accounts = {name: new_account() for name in names}
    clerk = new_account()
    board = to_hex(contract_address(parse_address(clerk.address), 0))
    balances = {str(account.address): _balance(name, names) for name, account in accounts.items()}
    limits: dict[str, object] = {
        "rpc_anonymous_requests_per_minute_max": 1_000_000,
        "rpc_filters_per_person_max": 10_000,
    }
    with LiveNode(folder, genesis_balances={**balances, board: BOARD_BALANCE}, **limits) as live:
        building = _Building(set_scene(live), board, clerk, accounts)
        building.put_up_the_board()
        stage = building.stage()
        live.settle()
        while live.node.sequencer.seal_now().result(SEAL_SECONDS_MAX) is not None:
            continue  # until proofs speak about all of it
        yield stage


def sent(scene: Scene, member: Member, to: str | None, data: bytes) -> dict[str, Json]:
    """The receipt of a new transaction."""
    nonce = scene.live.node.ledger.nonce(address_of(member), True)
    _, raw = member.sign_unchecked(to, data, scene.chain_id, nonce, GAS)
    receipt = member.rpc("eth_sendRawTransactionSync", raw, SYNC_MS)
    assert isinstance(receipt, dict) and receipt["status"] == "0x1", receipt
    return receipt


def _balance(name: str, names: list[str]) -> int:
    return 1_000 + names.index(name)


class _Building:
    def __init__(self, scene: Scene, board: str, clerk: LocalAccount, accounts: dict[str, LocalAccount]) -> None:
        self.scene, self.board = scene, board
        self.administrator = scene.administrator
        self.issuer = self._role("issuer")
        self.clerk = replace(scene.administrator, account=clerk)
        self.clerk.link_wallet()
        self.names = list(accounts)
        self.people = {name: self._arrived(name, account) for name, account in accounts.items()}

    def _role(self, name: str) -> Json:
        listed = self.administrator.rest("GET", "/api/roles?limit=100")["items"]
        assert isinstance(listed, list)
        return next(role["id"] for role in listed if isinstance(role, dict) and role["roleName"] == name)

    def _arrived(self, name: str, account: LocalAccount) -> Member:
        there = {"user": self.scene.one, "counterpart": self.scene.two, "other user": self.scene.stranger}
        person = there.get(name) or (self._machine() if name == "machine" else self._newcomer(name))
        member = replace(person, account=account)
        member.link_wallet()
        if name == "first administrator":
            assign_role(self.administrator, member, "admin")
        if name == "role holder":
            assign_role(self.administrator, member, self.issuer)
        permissions = {
            "administrator": ["admin_read", "admin_write"],
            "auditor": ["full_read_access", "disclosure_read"],
            "disclosure reader": ["disclosure_read"],
        }
        if name in permissions:
            assign_role(self.administrator, member, create_role(self.administrator, name, permissions[name]))
        return member

    def _newcomer(self, name: str) -> Member:
        """A person and a session, written beside the node: the development provider has four people, and how somebody
        signed in does not matter here.
        """
        node, now = self.scene.live.node, clock.now()
        user = User(id=clock.new_id(), issuer="https://issuer.example", subject=name, source="oidc", display_name=name)
        user.created_at = user.updated_at = now
        with node.database.write() as session:
            session.add(user)
            session.flush()
            opened = open_session(session, user.id, "cli", node.identity.session_limits, Origin("127.0.0.1", "test"))
        return self._member(name, opened.token, {"Authorization": f"Bearer {opened.token}"})

    def _machine(self) -> Member:
        machines = "/api/m2m-applications"
        made = self.administrator.rest("POST", machines, {"name": "settlement robot", "roles": []})
        self.administrator.rest("POST", f"{machines}/{made['id']}/ip-whitelist", {"ipAddress": "127.0.0.0/16"})
        body: Json = {"name": "first", "expiresAt": time_text(clock.now() + 86_400)}
        key = str(self.administrator.rest("POST", f"{machines}/{made['id']}/api-keys", body)["fullKey"])
        form = {"grant_type": "client_credentials", "client_id": str(made["id"]), "client_secret": key}
        token = httpx.post(f"{self.scene.live.url}/oauth/token", data=form).json()["access_token"]
        return self._member("machine", str(token), {"X-Api-Key": key})

    def _member(self, name: str, token: str, headers: dict[str, str]) -> Member:
        member = replace(self.scene.live.stranger(), name=name, token=token)
        member.http.headers.update(headers)
        return member

    def put_up_the_board(self) -> None:
        """One function for everybody and one for one's own wallet; what it emits is shown to the role holder."""
        sign: Json = {"type": "function", "name": "sign", "inputs": [{"name": "who", "type": "address"}]}
        note: Json = {"type": "function", "name": "note", "inputs": []}
        body: Json = {"contractAddress": self.board, "name": "Board", "abi": [sign, note], "awaitingDeployment": True}
        self.administrator.rest("POST", "/api/contracts", body)
        add_rule(self.administrator, self.board, "note()", "write", "public")
        both = "checkRoleOrRestrictArgument"
        add_rule(self.administrator, self.board, "sign(address)", "write", both, [self.issuer], [0])
        shown: Json = {"contractAddress": self.board, "topic0": to_hex(NOTE), "roles": [{"id": self.issuer}]}
        self.administrator.rest("POST", "/api/event-permissions", shown)
        assert self._deploy(BOARD_CODE, BOARD_WORD) == self.board

    def _deploy(self, runtime: bytes, word: int) -> str:
        return str(sent(self.scene, self.clerk, None, _creation(runtime, word))["contractAddress"])

    def stage(self) -> Stage:
        things = {name: self._thing(name) for name in self.names}
        counterpart, user = things["counterpart"], things["user"]
        askers = {
            name: Asker(name, self.people[name], things[name], user, self._wallets(name, things[name]))
            for name in (*CALLERS, *ALIKE)
            if name != "anonymous"
        }
        askers["user"] = replace(askers["user"], others=counterpart)
        askers["anonymous"] = replace(askers["user"], name="anonymous", member=self.scene.live.stranger())
        return Stage(self.scene, self.board, self.clerk, self._public(counterpart), self._absent(), askers)

    def _thing(self, name: str) -> Thing:
        member, shares = self.people[name], 10_000 + self.names.index(name)
        mint = fund.call_data("mint(address,uint256)", member.address, shares)
        sent(self.scene, self.administrator, self.scene.shares, mint)
        word = 100 + self.names.index(name)
        contract = self._deploy(signature_wallets.ACCEPTS_ALL, word)
        _link_contract(member, contract)
        read = Calling(self.scene.shares, fund.call_data("balanceOf(address)", member.address), _word(shares))
        write = Calling(self.board, fund.call_data("sign(address)", member.address))
        return Thing(
            owner=member,
            wallet=member.address,
            balance=_balance(name, self.names),
            contract=contract,
            code=signature_wallets.ACCEPTS_ALL,
            word=word,
            read=read,
            write=write,
            sent=self._sent(member, write),
            waiting=self._waiting(member),
            emitter=self.board,
        )

    def _sent(self, member: Member, calling: Calling) -> Sent:
        receipt = sent(self.scene, member, calling.to, calling.data)
        return Sent(*(str(receipt[name]) for name in ("transactionHash", "blockNumber", "blockHash")))

    def _waiting(self, member: Member) -> str:
        """From a further wallet, which never sends what comes before."""
        idle = replace(member, account=new_account())
        idle.link_wallet()
        note = fund.call_data("note()")
        transaction_hash, raw = idle.sign_unchecked(self.board, note, self.scene.chain_id, nonce=1, gas=100_000)
        assert idle.rpc("eth_sendRawTransaction", raw) == transaction_hash
        return transaction_hash

    def _wallets(self, name: str, thing: Thing) -> frozenset[str]:
        profile = self.people[name].rest("GET", "/api/user-wallets")["wallets"]
        assert isinstance(profile, list)
        wallets = frozenset(str(wallet).lower() for wallet in profile)
        assert {thing.wallet.lower(), thing.contract} < wallets
        return wallets

    def _public(self, counterpart: Thing) -> Thing:
        """The board, and what the counterpart did with its public function."""
        assert counterpart.owner is not None
        note = Calling(self.board, fund.call_data("note()"))
        decimals = Calling(self.scene.shares, fund.call_data("decimals()"), _word(DECIMALS))
        return replace(
            counterpart,
            wallet=self.board,
            balance=BOARD_BALANCE,
            contract=self.board,
            code=BOARD_CODE,
            word=BOARD_WORD,
            read=decimals,
            write=note,
            sent=self._sent(counterpart.owner, note),
        )

    def _absent(self) -> Thing:
        return Thing(
            owner=None,
            wallet=NOBODY,
            balance=0,
            contract=NOBODY,
            code=b"",
            word=0,
            read=Calling(NOBODY, fund.call_data("decimals()")),
            write=Calling(NOBODY, fund.call_data("note()")),
            sent=Sent(NO_HASH, NO_BLOCK, NO_HASH),
            waiting=NO_HASH,
            emitter=NOBODY,
        )


def _creation(runtime: bytes, word: int) -> bytes:
    """As `contracts.creation`, with `word` stored in slot 0 first."""
    store, plain = b"\x7f" + _word(word) + b"\x5f\x55", contracts.creation(runtime)
    offset = 5
    return store + plain[:offset] + bytes([plain[offset] + len(store)]) + plain[offset + 1 :]


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _link_contract(member: Member, contract: str) -> None:
    """It accepts every signature."""
    started = member.rest("POST", "/api/user-wallets/initiate", {"walletAddress": contract})
    proof: Json = {
        "walletAddress": contract,
        "message": started["message"],
        "signature": "0x00",
        "nonceToken": started["nonceToken"],
    }
    member.rest("POST", "/api/user-wallets/associate", proof)
