"""An identity provider's side of SCIM, as requests on the wire."""

import hashlib
import secrets
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

TOKEN = secrets.token_urlsafe(32)
HASHES = (hashlib.sha256(TOKEN.encode()).hexdigest(),)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Document = dict[str, object]


class DirectoryClient:
    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    @classmethod
    def of(cls, edge: "Edge", token: str = TOKEN) -> "DirectoryClient":
        return cls(edge.client(headers={"Authorization": f"Bearer {token}"}))

    def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        given = {"Content-Type": "application/scim+json", **headers}
        return self.http.request(method, f"/scim/v2{path}", json=body, headers=given)

    def get(self, path: str, **query: str | int) -> httpx.Response:
        return self.http.get(f"/scim/v2{path}", params=query)

    def person(self, user_name: str, **attributes: object) -> Document:
        answer = self.send("POST", "/Users", {"schemas": [USER], "userName": user_name, **attributes})
        assert answer.status_code == 201, answer.text
        made: Document = answer.json()
        return made

    def group(self, name: str, *members: Document) -> Document:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": member["id"]} for member in members]}
        answer = self.send("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        made: Document = answer.json()
        return made

    def patch(self, kind: str, resource: Document, *operations: Document) -> httpx.Response:
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self.send("PATCH", f"/{kind}/{resource['id']}", body)

    def deactivate(self, person: Document) -> None:
        """As Entra ID does it."""
        answer = self.patch("Users", person, {"op": "Replace", "path": "active", "value": "False"})
        assert answer.json()["active"] is False

    def activate(self, person: Document) -> None:
        """As Okta does it."""
        answer = self.patch("Users", person, {"op": "replace", "value": {"active": True}})
        assert answer.json()["active"] is True


def refusal(answer: httpx.Response) -> tuple[int, str | None]:
    """Status and scimType of an error envelope."""
    assert answer.headers["content-type"] == "application/scim+json"
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert body["status"] == str(answer.status_code)
    assert body["detail"]
    return answer.status_code, body.get("scimType")
