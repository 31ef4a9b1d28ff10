"""A real node edge for unit tests: REST, sessions and the development identity provider on a free port."""

import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from prividium.api import install_api
from prividium.db.engine import Database
from prividium.identity.service import Identity
from prividium.permissions.shipped import ship_templates
from prividium.settings import IdentitySettings

CHAIN_ID = 6565
PASSWORD = "password"
POSTGRESQL_PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def challenge_pair() -> tuple[str, str]:
    """PKCE verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(32)
    return verifier, urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Edge:
    """What of a node answers REST calls."""

    def __init__(self, folder: Path, settings: IdentitySettings, database_url: str | None = None) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self._clients: list[httpx.Client] = []
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.database = Database(database_url or f"sqlite:///{folder}/prividium.db")
        self.database.upgrade()
        ship_templates(self.database)
        self.identity = Identity(
            self.database, settings, public_url=self.url, chain_id=CHAIN_ID, data_dir=folder, production=False
        )
        self.app = FastAPI()
        install_api(self.app, database=self.database, identity=self.identity)
        config = uvicorn.Config(self.app, log_level="critical", ws="none", lifespan="off")
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        assert self._server.ready.wait(30)

    def client(self, **options: object) -> httpx.Client:
        """Closed when the edge stops."""
        opened = httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)  # type: ignore[arg-type]
        self._clients.append(opened)
        return opened

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(30)
        self.identity.close()
        self.database.close()

    def browser(self) -> "Browser":
        return Browser(self)

    def signed_in(self, username: str) -> "Browser":
        browser = Browser(self)
        assert browser.sign_in(username).status_code == 200
        return browser

    def start_cli_login(self) -> "CliLogin":
        verifier, challenge = challenge_pair()
        answer = self.client().post("/api/auth/cli/start", json={"codeChallenge": challenge})
        return CliLogin(answer.json(), verifier)

    def poll(self, login: "CliLogin", **changed: str) -> httpx.Response:
        return self.client().post("/api/auth/cli/token", json={**login.token_request(), **changed})

    def program(self, username: str) -> "Program":
        login = self.start_cli_login()
        assert self.signed_in(username).confirm(login).status_code == 200
        return Program(self, str(self.poll(login).json()["token"]))

    def administrator(self) -> "Program":
        return self.program("administrator")


class Browser:
    """Keeps cookies, follows redirects, fills in the provider's form: no script needed."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.http = edge.client(follow_redirects=True, headers={"Accept": "text/html"})

    def open_login(self, return_to: str | None = None) -> httpx.Response:
        query = {} if return_to is None else {"return_to": return_to}
        return self.http.get("/api/auth/login", params=query)

    def choose(self, page: httpx.Response, username: str, *, follow: bool = True) -> httpx.Response:
        form = {"username": username, "password": PASSWORD}
        return self.http.post(page.url, data=form, follow_redirects=follow)

    def sign_in(self, username: str, return_to: str | None = None) -> httpx.Response:
        return self.choose(self.open_login(return_to), username)

    def answer_of_provider(self, username: str) -> httpx.URL:
        """The callback URL that the provider would send this browser to."""
        redirect = self.choose(self.open_login(), username, follow=False)
        return httpx.URL(redirect.headers["location"])

    def confirm(self, login: "CliLogin", user_code: str | None = None) -> httpx.Response:
        return self.confirm_at(login.started["loginUrl"], user_code or login.started["userCode"])

    def confirm_at(self, url: str, user_code: str) -> httpx.Response:
        page = self.http.get(url)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page.text))
        form = {**fields, "code": user_code}
        return self.http.post("/api/auth/cli/confirm", data=form, headers={"Origin": self.edge.url})

    def csrf_headers(self) -> dict[str, str]:
        token = self.json("GET", "/api/auth/current-session").json()["csrfToken"]
        return {"X-CSRF-Token": token, "Origin": self.edge.url}

    def json(self, method: str, path: str, **request: object) -> httpx.Response:
        headers = {"Accept": "application/json", **request.pop("headers", {})}  # type: ignore[dict-item]
        return self.http.request(method, path, headers=headers, **request)  # type: ignore[arg-type]


class Program:
    """A client with a bearer token."""

    def __init__(self, edge: Edge, token: str) -> None:
        self.edge = edge
        self.token = token
        self.http = edge.client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, **query: object) -> httpx.Response:
        return self.http.get(path, params=query)  # type: ignore[arg-type]

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.http.post(path, json=body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self.http.put(path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path)

    def user_id(self) -> str:
        return str(self.get("/api/profiles/me").json()["id"])

    def link(self, account: LocalAccount) -> httpx.Response:
        issued = self.post("/api/user-wallets/initiate", {"walletAddress": account.address}).json()
        return self.post(
            "/api/user-wallets/associate",
            {
                "walletAddress": account.address,
                "message": issued["message"],
                "signature": sign(account, issued["message"]),
                "nonceToken": issued["nonceToken"],
            },
        )


@dataclass(frozen=True)
class CliLogin:
    started: dict[str, str]
    verifier: str

    def token_request(self) -> dict[str, str]:
        return {
            "requestId": self.started["requestId"],
            "pollCode": self.started["pollCode"],
            "codeVerifier": self.verifier,
        }


def sign(account: LocalAccount, message: str) -> str:
    return "0x" + account.sign_message(encode_defunct(text=message)).signature.hex().removeprefix("0x")


@pytest.fixture
def account() -> LocalAccount:
    created: LocalAccount = Account.create()
    return created


@pytest.fixture(scope="session")
def make_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Edge]]:
    """Start an edge; keyword arguments are identity settings."""
    started: list[Edge] = []

    def make(database_url: str | None = None, **settings: object) -> Edge:
        generous = {"login_requests_per_minute_max": 10_000, "requests_per_minute_max": 10_000}
        edge = Edge(tmp_path_factory.mktemp("edge"), IdentitySettings(**{**generous, **settings}), database_url)  # type: ignore[arg-type]
        started.append(edge)
        return edge

    yield make
    for edge in started:
        edge.stop()


@pytest.fixture(scope="module")
def edge(make_edge: Callable[..., Edge]) -> Edge:
    return make_edge()


@pytest.fixture
def session(edge: Edge) -> Iterator[Session]:
    """Writes beside the edge, as time or another administrator would."""
    with edge.database.write() as opened:
        yield opened


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL cluster of its own; yields a URL with `{}` for the name of a database."""
    if not (POSTGRESQL_PROGRAMS / "initdb").exists():
        pytest.skip(f"PostgreSQL is not installed in {POSTGRESQL_PROGRAMS}")
    folder = Path(tempfile.mkdtemp(prefix="prividium-postgresql-"))
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(POSTGRESQL_PROGRAMS / program), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    cluster = f"--pgdata={folder}/cluster"
    run("initdb", cluster, "--username=postgres", "--auth=trust", "--no-sync")
    run("pg_ctl", cluster, "start", "--wait", f"--log={folder}/log", f"--options=-k {folder} -c listen_addresses=''")
    try:
        yield f"postgresql://postgres@/{{}}?host={folder}"
    finally:
        run("pg_ctl", cluster, "stop", "--mode=immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql: str) -> Callable[[], str]:
    """Makes an empty PostgreSQL database and returns its URL."""

    def make() -> str:
        name = f"test_{secrets.token_hex(8)}"
        engine = create_engine(make_url(postgresql.format("postgres")).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return postgresql.format(name)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each supported kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/prividium.db"
    make: Callable[[], str] = request.getfixturevalue("new_postgresql_database")
    return make()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    opened.upgrade()
    yield opened
    opened.close()
