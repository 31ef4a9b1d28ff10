"""A person with a bearer token and an authenticator, going through the ceremonies over HTTP."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from tests.unit.identity.authenticator import Authenticator, Document

if TYPE_CHECKING:
    from tests.unit.conftest import Program

HOST = "127.0.0.1"


@dataclass
class PasskeyPerson:
    program: "Program"
    device: Authenticator

    @classmethod
    def of(cls, program: "Program") -> "PasskeyPerson":
        return cls(program, Authenticator(program.edge.url, HOST))

    def begin_registration(self, **headers: str) -> httpx.Response:
        return self.program.http.post("/api/webauthn/register/begin", headers=headers)

    def finish_registration(self, response: Document) -> httpx.Response:
        body = {"response": response, "deviceName": "key ring"}
        return self.program.post("/api/webauthn/register/finish", body)

    def register(self) -> httpx.Response:
        started = self.begin_registration()
        assert started.status_code == 200, started.text
        return self.finish_registration(self.device.create(started.json()))

    def begin(self, action: str) -> str:
        answer = self.program.post("/api/webauthn/step-up/begin", {"action": action})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["challenge"])

    def finish(self, action: str, assertion: Document) -> httpx.Response:
        return self.program.post("/api/webauthn/step-up/finish", {"action": action, "assertion": assertion})

    def confirm(self, action: str) -> str:
        """A proof for the action."""
        answer = self.finish(action, self.device.get(self.begin(action)))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["proof"])

    def send(self, method: str, path: str, body: object = None, proof: str | None = None) -> httpx.Response:
        headers = {} if proof is None else {"X-Step-Up-Proof": proof}
        return self.program.http.request(method, path, json=body, headers=headers)

    def send_confirmed(self, method: str, path: str, body: object = None) -> httpx.Response:
        """As a client does it: try, confirm what the refusal names, send again."""
        refused = self.send(method, path, body)
        assert refused.status_code == 401, refused.text
        assert refused.json()["requiresStepUp"] is True
        return self.send(method, path, body, self.confirm(refused.json()["action"]))
