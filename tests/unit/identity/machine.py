"""A machine as its administrator makes it: application, network, key."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx

from prividium import clock

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

MACHINES = "/api/m2m-applications"
HERE = "127.0.0.0/16"
DAY = 86_400


def in_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(clock.now() + seconds, UTC).isoformat()


@dataclass
class MachineUnderTest:
    edge: "Edge"
    admin: "Program"
    id: str
    key_id: str
    key: str

    @classmethod
    def made(cls, admin: "Program", network: str = HERE, roles: list[str] | None = None) -> "MachineUnderTest":
        body = {"name": "settlement robot", "roles": [{"id": role} for role in roles or []]}
        created = admin.post(MACHINES, body)
        assert created.status_code == 201, created.text
        machine_id = str(created.json()["id"])
        assert admin.post(f"{MACHINES}/{machine_id}/ip-whitelist", {"ipAddress": network}).status_code == 201
        key = admin.post(f"{MACHINES}/{machine_id}/api-keys", {"name": "first", "expiresAt": in_seconds(DAY)}).json()
        return cls(admin.edge, admin, machine_id, str(key["id"]), str(key["fullKey"]))

    @property
    def path(self) -> str:
        return f"{MACHINES}/{self.id}"

    def call(self, method: str, path: str, body: object = None, key: str | None = None) -> httpx.Response:
        return self.edge.client(headers={"X-Api-Key": key or self.key}).request(method, path, json=body)

    def me(self, key: str | None = None) -> httpx.Response:
        return self.call("GET", "/api/profiles/me", key=key)

    def token(self, **changed: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", "client_id": self.id, "client_secret": self.key, **changed}
        return self.edge.client().post("/oauth/token", data=form)

    def with_token(self, token: str) -> httpx.Response:
        return self.edge.client(headers={"Authorization": f"Bearer {token}"}).get("/api/profiles/me")


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])
