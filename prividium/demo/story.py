"""The main job, step by step. A step that is not what it says ends the demo with an error."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx
from rich.console import Console

from gateway.abi import interface
from prividium.demo import fund
from prividium.demo.administration import assign_role, create_role
from prividium.demo.fund import Contracts, call_data
from prividium.demo.l1 import L1, altered_call, transactions_to
from prividium.demo.leaks import Fact, find_leaks, published_content
from prividium.demo.member import Member, RpcRefused
from prividium.demo.narration import Narrator
from prividium.demo.node import NodeProcess
from prividium.errors import PrividiumError
from prividium.types import Json, parse_address

TRANSACTIONS = 6
"""The demo's batch seals when it holds this many."""
SUBSCRIPTION = {"client one": 1_250_000_370_000, "client two": 730_000_190_000}
"""Shares in millionths."""
TRANSFER = 41_500_230_000
UNAUTHORIZED, FORBIDDEN = -32090, -32001
PROVING_POLL_SECONDS = 1.0
STUCK_POLLS_MAX = 60

ENVIRONMENT = {
    "PRIVIDIUM_BATCH_TRANSACTIONS_MAX": str(TRANSACTIONS),
    "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
}


class DemoFailed(PrividiumError):
    """Something was not as the step said."""


@dataclass
class Demo:
    node: NodeProcess
    console: Console
    chain_id: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    contracts: Contracts = field(default_factory=lambda: Contracts("", ""))
    hashes: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tell = Narrator(self.console)
        self._stuck_polls = 0

    def run(self) -> None:
        self.start()
        self.sign_in()
        self.register()
        self.issue_and_transfer()
        self.try_the_forbidden()
        self.prove_and_anchor()
        self.disclose()
        self.tamper()
        self.search_l1()
        self.tell.summary()

    def member(self, name: str) -> Member:
        return self.members[name]

    def start(self) -> None:
        with self.tell.step("Start the node: chain, prover, gateway, a development identity provider and L1"):
            self.node.start()
            self.tell.say(f"console and RPC at {self.node.base_url}, data in {self.node.data_dir}")

    def sign_in(self) -> None:
        with self.tell.step("Sign in through OIDC (authorization code + PKCE) and link wallets (EIP-4361)"):
            people = {
                "administrator": "administrator",
                "client one": "client",
                "client two": "client-two",
                "auditor": "auditor",
            }
            for name, person in people.items():
                member = Member.arrive(self.node.base_url, name, person)
                member.link_wallet()
                self.members[name] = member
                self.tell.say(f"{name}: wallet {member.address}")
            self.chain_id = int(str(self.member("auditor").rpc("eth_chainId")), 16)

    def register(self) -> None:
        with self.tell.step("Register the fund: roles, contracts with ABI, a rule per function"):
            admin = self.member("administrator")
            issuer = create_role(admin, "issuer", ["contract_deployment"])
            client = create_role(admin, "fund-client", [])
            auditor = create_role(admin, "fund-auditor", ["disclosure_read"])
            holders = {"administrator": issuer, "client one": client, "client two": client, "auditor": auditor}
            for name, role in holders.items():
                assign_role(admin, self.member(name), role)
            self.contracts = Contracts.predicted(admin)
            rules = fund.register(admin, self.contracts, issuer, client)
            self.tell.say(f"2 contracts, {rules} function rules; what has no rule is denied")

    def issue_and_transfer(self) -> None:
        with self.tell.step("Deploy the fund, issue shares to two clients, transfer between them"):
            admin, one, two = (self.member(name) for name in ("administrator", "client one", "client two"))
            create = fund.creation_code(
                "Fund", ["string", "string", "address"], "Example Liquidity", "EXL", admin.address
            )
            self._send("deploy fund", admin, None, create)
            self._send("deploy forwarder", admin, None, fund.creation_code("Forwarder", []))
            shares = self.contracts.fund
            self._send("appoint issuer", admin, shares, call_data("setIssuer(address,bool)", admin.address, True))
            for client in (one, two):
                mint = call_data("mint(address,uint256)", client.address, SUBSCRIPTION[client.name])
                self._send(f"issue to {client.name}", admin, shares, mint)
            self._send("transfer", one, shares, call_data("transfer(address,uint256)", two.address, TRANSFER))
            expected = SUBSCRIPTION["client one"] - TRANSFER
            self._expect(
                self._balance(one, one) == expected, "client one's balance is what was issued less the transfer"
            )
            self.tell.say(f"client one holds {expected / 1e6:,.2f} shares and reads it through eth_call")

    def _send(self, what: str, sender: Member, to: str | None, data: bytes) -> None:
        receipt = sender.send(to, data, self.chain_id)
        self._expect(receipt["status"] == "0x1", f"{what} succeeds")
        self.hashes[what] = str(receipt["transactionHash"])
        self.blocks[str(receipt["blockHash"])] = str(receipt["blockNumber"])
        self.tell.say(f"{what}: {self.hashes[what]} in block {int(str(receipt['blockNumber']), 16)}")

    def _balance(self, reader: Member, holder: Member) -> int:
        call: Json = {
            "from": reader.address,
            "to": self.contracts.fund,
            "data": "0x" + call_data("balanceOf(address)", holder.address).hex(),
        }
        return int(str(reader.rpc("eth_call", call, "latest")), 16)

    def try_the_forbidden(self) -> None:
        with self.tell.step("What the rules do not allow is denied, and looks like what does not exist"):
            one, stranger = self.member("client one"), self.member("auditor")
            shares, transfer = self.contracts.fund, call_data("transfer(address,uint256)", stranger.address, 1)
            self._refused("a stranger reads a client's balance", FORBIDDEN, lambda: self._balance(stranger, one))
            hidden = stranger.rpc("eth_getTransactionReceipt", self.hashes["transfer"])
            self._expect(hidden is None, "a stranger sees no receipt of the transfer")
            self.tell.refused("a stranger asks for the transfer's receipt", "null, as for a hash that does not exist")
            raw = stranger.sign_unchecked(shares, transfer, self.chain_id, 0, 100_000)[1]
            self._refused(
                "a non-client sends a transfer", FORBIDDEN, lambda: stranger.rpc("eth_sendRawTransaction", raw)
            )
            inner = call_data("forward(address,bytes)", shares, transfer)
            raw_inner = stranger.sign_unchecked(self.contracts.forwarder, inner, self.chain_id, 0, 200_000)[1]
            self._refused(
                "the same through a forwarder contract that everybody may call",
                FORBIDDEN,
                lambda: stranger.rpc("eth_sendRawTransaction", raw_inner),
            )
            anonymous = Member(
                "nobody", stranger.base_url, "", stranger.account, httpx.Client(base_url=stranger.base_url)
            )
            self._refused("nobody signed in asks", UNAUTHORIZED, lambda: anonymous.rpc("eth_blockNumber"))

    def _refused(self, what: str, code: int, action: Callable[[], object]) -> None:
        try:
            action()
        except RpcRefused as refusal:
            self._expect(
                refusal.number == code, f"{what} is refused with {code}, not {refusal.number} {refusal.message}"
            )
            self.tell.refused(what, f"{refusal.number} {refusal.message}")
            return
        raise DemoFailed("not_refused", f"{what} was not refused")

    def prove_and_anchor(self) -> None:
        with self.tell.step("Seal the batch, prove it, anchor it on L1"), self.tell.progress() as bar:
            task = bar.add_task("sealing", total=100.0, note="")
            batch = self._batch()
            while batch is None or batch["status"] != "Executed":
                if batch is not None:
                    bar.update(
                        task, description=str(batch["status"]).lower(), completed=_percent(batch), note=_note(batch)
                    )
                time.sleep(PROVING_POLL_SECONDS)
                batch = self._batch()
        proof = cast(dict[str, Json], batch["proof"])
        verification = transactions_to(L1(self.node.gateway()["l1_url"]), self.node.gateway()["verifier"])
        gas = sum(int(str(transaction["gasUsed"]), 16) for transaction in verification)
        self.tell.say(
            f"batch 1: {proof['instructions']:,} instructions in {proof['segments']} segment(s), "
            f"aggregated STARK of {proof['aggregatedBytes']:,} bytes, which stays inside"
        )
        self.tell.say(
            f"final proof of {proof['finalBytes']:,} bytes, hiding, made in {proof['finalSeconds']:.0f} s, "
            f"verified by contracts on L1 in {len(verification)} transactions, {gas:,} gas"
        )
        self.tell.say(f"output {batch['output']}")

    def _batch(self) -> dict[str, Json] | None:
        """The newest batch; DemoFailed if proving or anchoring does not move."""
        answer = self.member("administrator").rest("GET", "/api/batches")
        problems = cast(list[Json], answer["problems"])
        self._stuck_polls = self._stuck_polls + 1 if problems else 0
        self._expect(self._stuck_polls < STUCK_POLLS_MAX, f"proving and anchoring move, but: {problems}")
        listed = cast(list[Json], answer["items"])
        if not listed:
            return None
        batch = cast(dict[str, Json], listed[0])
        self._expect(batch["failure"] is None, f"the batch is proven, but: {batch['failure']}")
        return batch

    def disclose(self) -> None:
        with self.tell.step("The auditor obtains two disclosures and checks them against L1 alone"):
            auditor, two = self.member("auditor"), self.member("client two")
            balance: Json = {"token": self.contracts.fund, "account": two.address, "batch": 1}
            self.files["balance"] = self._obtain("balance", auditor, balance)
            self.files["transaction"] = self._obtain(
                "transaction", auditor, {"transactionHash": self.hashes["transfer"]}
            )
            for name, path in self.files.items():
                verified = self._verify(path)
                self._expect(
                    verified.returncode == 0, f"the {name} disclosure verifies: {verified.stdout}{verified.stderr}"
                )
                self.tell.say(f"prividium verify {path.name}: {verified.stdout.strip().splitlines()[0]}")

    def _obtain(self, statement: str, auditor: Member, body: Json) -> Path:
        document = auditor.http.post(f"/api/disclosures/{statement}", json=body)
        if document.is_error:
            raise DemoFailed("disclosure_refused", document.text)
        path = self.node.data_dir / f"{statement}.disclosure.json"
        path.write_bytes(document.content)
        return path

    def _verify(self, path: Path) -> subprocess.CompletedProcess[str]:
        known = self.node.gateway()
        checked = ["verify", str(path), "--l1", known["l1_url"], "--settlement", known["settlement"]]
        return self._command([sys.executable, "-m", "prividium", *checked])

    def _command(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    def tamper(self) -> None:
        with self.tell.step("A tampered disclosure and a tampered proof are refused"):
            for name, path in self.files.items():
                text = path.read_text()
                amount = str(SUBSCRIPTION["client two"] + TRANSFER) if name == "balance" else self.hashes["transfer"]
                forged = path.with_suffix(".forged.json")
                forged.write_text(text.replace(amount, _next(amount)))
                self._expect(forged.read_text() != text, f"the {name} disclosure was altered")
                answer = self._verify(forged)
                self._expect(answer.returncode != 0, f"an altered {name} disclosure is refused")
                self.tell.refused(
                    f"altered {name} disclosure", (answer.stdout + answer.stderr).strip().splitlines()[-1]
                )
            self._tamper_with_proof()

    def _tamper_with_proof(self) -> None:
        """Each transaction that brought the proof to L1, asked again with one bit flipped."""
        l1, contract = L1(self.node.gateway()["l1_url"]), interface("ProofVerifier")
        transactions = transactions_to(l1, self.node.gateway()["verifier"])
        self._expect(len(transactions) > 0, "the proof was verified on L1")
        for number, transaction in enumerate(transactions, 1):
            refusal = l1.refusal(altered_call(transaction))
            if refusal is None:
                raise DemoFailed("not_refused", f"part {number} of the proof, altered, was not refused by L1")
            reason = contract.error(bytes.fromhex(refusal[2:]))
            self.tell.refused(f"part {number} of the proof with one bit altered, by the contract on L1", reason)

    def search_l1(self) -> None:
        with self.tell.step("Search everything on L1 for the private chain's facts"):
            l1 = L1(self.node.gateway()["l1_url"])
            content, facts = published_content(l1), self.facts()
            leaks = find_leaks(facts, content)
            self._expect(not leaks, f"nothing private is on L1, but: {leaks[:3]}")
            size = sum(len(piece.content) for piece in content)
            self.tell.say(f"{len(facts)} facts in all encodings, {size:,} bytes of L1 content: none found")

    def facts(self) -> list[Fact]:
        """Addresses, hashes, amounts and counts of the private chain."""
        found = [Fact(f"address of {member.name}", parse_address(member.address)) for member in self.members.values()]
        found += [Fact(f"contract {address}", bytes.fromhex(address[2:])) for address in vars(self.contracts).values()]
        found += [Fact(f"transaction {what}", bytes.fromhex(value[2:])) for what, value in self.hashes.items()]
        found += [Fact(f"block {number}", bytes.fromhex(value[2:])) for value, number in self.blocks.items()]
        amounts = [*SUBSCRIPTION.values(), TRANSFER, SUBSCRIPTION["client one"] - TRANSFER]
        found += [Fact("amount", amount) for amount in [*amounts, SUBSCRIPTION["client two"] + TRANSFER]]
        found += [Fact("total supply", sum(SUBSCRIPTION.values()))]
        found += [Fact("number of transactions", TRANSACTIONS), Fact("number of people", len(self.members))]
        return found

    def _expect(self, condition: bool, claim: str) -> None:
        if not condition:
            raise DemoFailed("not_as_said", f"expected that {claim}")


def _percent(batch: dict[str, Json]) -> float:
    progress = cast(dict[str, Json], batch.get("progress") or {})
    return float(str(progress.get("percent", 100 if batch["status"] in ("Verified", "Executed") else 0)))


def _note(batch: dict[str, Json]) -> str:
    progress = cast(dict[str, Json], batch.get("progress") or {})
    if not progress:
        return ""
    return f"{progress.get('stage', '')}, about {progress.get('etaSeconds', '?')} s left"


def _next(text: str) -> str:
    """The same text with its last digit changed."""
    return text[:-1] + ("1" if text[-1] != "1" else "2")
