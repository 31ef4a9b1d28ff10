"""A whole node in this process, without prover and L1: real store, real database, real HTTP, real logins."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self, cast

import httpx
import uvicorn
from eth_account import Account
from eth_account.signers.local import LocalAccount

from prividium.commands.up import listening, server_configuration
from prividium.demo import fund
from prividium.demo.administration import assign_role, create_role
from prividium.demo.member import Member
from prividium.node.parts import Node
from prividium.settings import Settings, load_settings
from prividium.types import Address, Json, parse_address

GENEROUS = {
    "prover_enabled": False,
    "batch_age_seconds_max": 0,
    "rpc_requests_per_minute_max": 1_000_000,
    "identity": {"login_requests_per_minute_max": 10_000, "requests_per_minute_max": 10_000},
}
READY_SECONDS_MAX = 30.0


class LiveNode:
    def __init__(self, data_dir: Path, **settings: object) -> None:
        self.data_dir = data_dir
        self._members: list[Member] = []
        self._wanted: dict[str, object] = {**GENEROUS, "port": 0, **settings}

    def start(self) -> Self:
        settings = load_settings(self.data_dir, **self._wanted)
        self._listening = listening(settings)
        listener, self.settings = self._listening.__enter__()
        self.node = Node(self.settings)
        self.node.start()
        self._server = uvicorn.Server(server_configuration(self.node))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(READY_SECONDS_MAX)
        self.node.stop()
        self._listening.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.dismiss()
        self.stop()

    def dismiss(self) -> None:
        """Close everybody's connections."""
        for member in self._members:
            member.http.close()

    @property
    def url(self) -> str:
        return self.settings.base_url

    def arrive(self, person: str) -> Member:
        return self._known(Member.arrive(self.url, person, person))

    def stranger(self) -> Member:
        """Somebody without a session."""
        http = httpx.Client(base_url=self.url, timeout=30)
        return self._known(Member("nobody", self.url, "", new_account(), http))

    def _known(self, member: Member) -> Member:
        self._members.append(member)
        return member

    def settle(self) -> None:
        """Return when the index has everything that the store has."""
        assert self.node.index.wait_for(self.node.ledger.head().number, READY_SECONDS_MAX)


@dataclass
class Scene:
    """A fund with two holders, one stranger, and a contract that nobody registered."""

    live: LiveNode
    administrator: Member
    one: Member
    two: Member
    stranger: Member
    contracts: fund.Contracts
    unregistered: str
    hashes: dict[str, str]

    @property
    def shares(self) -> str:
        return self.contracts.fund

    @property
    def chain_id(self) -> int:
        return self.live.settings.chain_id


def new_account() -> LocalAccount:
    return cast(LocalAccount, Account.create())


def address_of(member: Member) -> Address:
    return parse_address(member.address.lower())


def set_scene(live: LiveNode) -> Scene:
    people = {name: live.arrive(name) for name in ("administrator", "client", "client-two", "auditor")}
    administrator, one, two, stranger = people.values()
    for member in people.values():
        member.link_wallet()
    issuer = create_role(administrator, "issuer", ["contract_deployment"])
    client = create_role(administrator, "fund-client", [])
    for member, role in ((administrator, issuer), (one, client), (two, client)):
        assign_role(administrator, member, role)
    contracts = fund.Contracts.predicted(administrator)
    fund.register(administrator, contracts, issuer, client)
    _show_own_transfers(administrator, contracts.fund)
    scene = Scene(live, administrator, one, two, stranger, contracts, "", {})
    _populate(scene)
    return scene


def _show_own_transfers(administrator: Member, shares: str) -> None:
    transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    own: Json = {"type": "userAddress"}
    for sender, recipient in ((own, None), (None, own)):
        rule: Json = {"contractAddress": shares, "topic0": transfer, "topic1": sender, "topic2": recipient, "roles": []}
        administrator.rest("POST", "/api/event-permissions", rule)


def _populate(scene: Scene) -> None:
    administrator, chain_id = scene.administrator, scene.chain_id
    create = fund.creation_code("Fund", ["string", "string", "address"], "Fund", "FND", administrator.address)
    steps = {
        "deploy": (administrator, None, create),
        "deploy forwarder": (administrator, None, fund.creation_code("Forwarder", [])),
        "appoint": (
            administrator,
            scene.shares,
            fund.call_data("setIssuer(address,bool)", administrator.address, True),
        ),
        "mint": (administrator, scene.shares, fund.call_data("mint(address,uint256)", scene.one.address, 1000)),
        "transfer": (scene.one, scene.shares, fund.call_data("transfer(address,uint256)", scene.two.address, 300)),
        "deploy unregistered": (administrator, None, create),
    }
    for name, (member, to, data) in steps.items():
        receipt = member.send(to, data, chain_id)
        assert receipt["status"] == "0x1", name
        scene.hashes[name] = str(receipt["transactionHash"])
        scene.unregistered = str(receipt["contractAddress"])


def settings_of(folder: Path, **values: object) -> Settings:
    return load_settings(folder, **{**GENEROUS, **values})
