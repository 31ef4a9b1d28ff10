"""What identity providers send, and what nobody should."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.provisioning.routes import router
from tests.unit.provisioning.provider import GROUP, PATCH, TOKEN, USER, DirectoryClient, Document, refusal

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def names(answer_of: DirectoryClient, text: str) -> list[str]:
    answer = answer_of.get("/Users", filter=text)
    assert answer.status_code == 200, answer.text
    return sorted(person["userName"] for person in answer.json()["Resources"])


def routes() -> list[tuple[str, str]]:
    return [
        (method, route.path.format(person_id="1", group_id="1", name="1"))
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


@pytest.mark.parametrize(
    "token", ["", "wrong", TOKEN[:-1], TOKEN + "a"], ids=["none", "another", "shortened", "lengthened"]
)
def test_every_route_asks_for_the_token_of_the_directory(edge: "Edge", token: str) -> None:
    http = edge.client(headers={"Authorization": f"Bearer {token}"} if token else {})
    for method, path in routes():
        answer = http.request(method, path, json={})
        assert refusal(answer)[0] == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_configured_token_nobody_provisions(make_edge: Callable[..., "Edge"]) -> None:
    assert refusal(DirectoryClient.of(make_edge()).get("/Users"))[0] == 401


def test_a_session_of_an_administrator_is_no_token_of_the_directory(make_edge: Callable[..., "Edge"]) -> None:
    assert make_edge().administrator().get("/scim/v2/Users").status_code == 401


def test_refusals_are_in_the_audit_trail_without_the_token(edge: "Edge") -> None:
    DirectoryClient.of(edge, "not-the-token").get("/Users")
    with edge.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence.desc())).first()
    assert entry is not None
    assert (entry.reason, entry.subject) == ("scim_token_invalid", "GET /scim/v2/Users")
    assert "not-the-token" not in json.dumps(entry.details)


def test_requests_are_limited(make_directory: Callable[..., "Edge"]) -> None:
    directory = DirectoryClient.of(make_directory(scim_requests_per_minute_max=2))
    answers = [directory.get("/Users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[2])[0] == 429
    assert answers[2].headers["retry-after"] == "60"


def test_guesses_are_limited(make_directory: Callable[..., "Edge"]) -> None:
    edge = make_directory(login_requests_per_minute_max=3)
    guesser = DirectoryClient.of(edge, "guess")
    assert [guesser.get("/Users").status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert DirectoryClient.of(edge).get("/Users").status_code == 200


def test_filters_find_whom_they_name(directory: DirectoryClient) -> None:
    for name, external in (("Anna@bank.example", "a-1"), ("bernd@bank.example", "b-2"), ("carl@fund.example", "c-3")):
        directory.person(name, externalId=external, active=name != "carl@fund.example", displayName=f"{name} X")
    assert names(directory, 'userName eq "anna@BANK.example"') == ["Anna@bank.example"]
    assert names(directory, 'externalId eq "b-2"') == ["bernd@bank.example"]
    assert names(directory, 'externalId eq "B-2"') == []
    assert names(directory, 'userName sw "b"') == ["bernd@bank.example"]
    assert names(directory, 'userName co "bank"') == ["Anna@bank.example", "bernd@bank.example"]
    assert names(directory, 'userName co "bank" and active eq true') == ["Anna@bank.example", "bernd@bank.example"]
    assert names(directory, "active eq false") == ["carl@fund.example"]
    assert names(directory, 'displayName eq "carl@fund.example x"') == ["carl@fund.example"]
    assert names(directory, 'userName eq "nobody" or externalId eq "c-3"') == ["carl@fund.example"]
    assert names(directory, 'not (userName co "bank")') == ["carl@fund.example"]
    assert names(directory, "externalId pr") == ["Anna@bank.example", "bernd@bank.example", "carl@fund.example"]


def test_a_filter_cannot_leave_its_quotes(directory: DirectoryClient) -> None:
    directory.person("anna")
    assert names(directory, 'userName eq "x\\" or userName pr or userName eq \\"y"') == []
    assert names(directory, "userName eq \"x' OR '1'='1\"") == []


@pytest.mark.parametrize(
    "text", ["userName", "userName eq", 'userName eq "a', "active gt true", "(((", 'userName xx "a"', "x" * 3000]
)
def test_a_wrong_filter_is_named(directory: DirectoryClient, text: str) -> None:
    assert refusal(directory.get("/Users", filter=text)) == (400, "invalidFilter")


def test_pages_cover_everybody_once(directory: DirectoryClient) -> None:
    made = {directory.person(f"person-{number}")["id"] for number in range(5)}
    seen: list[str] = []
    for start in (1, 3, 5):
        page = directory.get("/Users", startIndex=start, count=2).json()
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        seen += [person["id"] for person in page["Resources"]]
    assert len(seen) == 5
    assert set(seen) == made
    nothing = directory.get("/Users", count=0).json()
    assert (nothing["totalResults"], nothing["itemsPerPage"]) == (5, 0)
    assert directory.get("/Users", startIndex=-3, count=-1).json()["itemsPerPage"] == 0
    assert refusal(directory.get("/Users", startIndex="first")) == (400, "invalidValue")


def test_user_names_are_unique_whatever_their_case(directory: DirectoryClient) -> None:
    directory.person("Anna")
    body = {"schemas": [USER], "userName": "aNNA"}
    assert refusal(directory.send("POST", "/Users", body)) == (409, "uniqueness")
    other = directory.person("bernd")
    answer = directory.patch("Users", other, {"op": "replace", "path": "userName", "value": "ANNA"})
    assert refusal(answer) == (409, "uniqueness")


def test_an_old_version_changes_nothing(directory: DirectoryClient) -> None:
    person = directory.person("anna")
    path = f"/Users/{person['id']}"
    version = directory.get(path).headers["etag"]
    body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "A"}]}
    assert directory.send("PATCH", path, body, **{"If-Match": version}).status_code == 200
    assert refusal(directory.send("PATCH", path, body, **{"If-Match": version}))[0] == 412
    assert refusal(directory.send("DELETE", path, **{"If-Match": version}))[0] == 412
    assert directory.send("DELETE", path, **{"If-Match": "*"}).status_code == 204


def test_what_is_not_needed_is_not_kept(directory: DirectoryClient) -> None:
    """As Entra ID sends it: extensions, titles, addresses and even a password."""
    body = {
        "schemas": [USER, ENTERPRISE],
        "userName": "anna",
        "password": "kept nowhere",
        "title": "Dr.",
        "addresses": [{"type": "work", "streetAddress": "Weg 1"}],
        ENTERPRISE: {"department": "Funds"},
    }
    made = directory.send("POST", "/Users", body)
    assert made.status_code == 201
    shown = directory.get(f"/Users/{made.json()['id']}").text
    assert not [word for word in ("kept nowhere", "Dr.", "Weg 1", "Funds") if word in shown]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Funds"},
        {"op": "Replace", "path": 'addresses[type eq "work"].streetAddress', "value": "Weg 1"},
        {"op": "replace", "value": {"title": "Dr.", "id": "another", "schemas": [USER]}},
    ],
)
def test_changes_of_what_is_not_kept_do_no_harm(directory: DirectoryClient, operation: Document) -> None:
    person = directory.person("anna")
    answer = directory.patch("Users", person, operation)
    assert answer.status_code == 200
    assert answer.json()["id"] == person["id"]


def test_an_entry_that_a_path_describes_is_made(directory: DirectoryClient) -> None:
    person = directory.person("anna")
    operation: Document = {"op": "Add", "path": 'emails[type eq "work"].value', "value": "anna@bank.example"}
    found = directory.patch("Users", person, operation).json()
    assert found["emails"] == [{"type": "work", "value": "anna@bank.example"}]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "rename", "path": "userName", "value": "x"}, (400, "invalidValue")),
        ({"op": "replace", "path": "id", "value": "x"}, (400, "mutability")),
        ({"op": "replace", "path": "groups", "value": []}, (400, "mutability")),
        ({"op": "remove"}, (400, "noTarget")),
        ({"op": "replace", "path": "userName[", "value": "x"}, (400, "invalidPath")),
        ({"op": "replace", "path": "active", "value": "perhaps"}, (400, "invalidValue")),
        ({"op": "replace", "path": "userName", "value": "x" * 256}, (400, "invalidValue")),
        ({"op": "remove", "path": "userName"}, (400, "mutability")),
    ],
)
def test_a_wrong_operation_is_named_and_changes_nothing(
    directory: DirectoryClient, operation: Document, expected: tuple[int, str]
) -> None:
    person = directory.person("anna")
    before = directory.get(f"/Users/{person['id']}").json()
    first: Document = {"op": "replace", "path": "displayName", "value": "changed"}
    assert refusal(directory.patch("Users", person, first, operation)) == expected
    assert directory.get(f"/Users/{person['id']}").json() == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"userName":"a","userName":"b"}',
        b'{"userName":NaN}',
        b"[" * 50_000,
        b"\xff\xfe",
        b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}',
        b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":["a"]}',
        b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","emails":"b"}',
        b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","active":"perhaps"}',
        b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":""}',
    ],
)
def test_a_wrong_body_is_refused(directory: DirectoryClient, body: bytes) -> None:
    answer = directory.http.post("/scim/v2/Users", content=body, headers={"Content-Type": "application/scim+json"})
    status, kind = refusal(answer)
    assert status == 400
    assert kind in ("invalidSyntax", "invalidValue")
    assert directory.get("/Users").json()["totalResults"] == 0


@pytest.mark.parametrize("operations", [None, [], {}, "x", [1], [[]], [{"op": "add"}], [{"op": 1, "value": {}}]])
def test_wrong_lists_of_operations_are_refused(directory: DirectoryClient, operations: object) -> None:
    person = directory.person("anna")
    body = {"schemas": [PATCH], "Operations": operations}
    assert refusal(directory.send("PATCH", f"/Users/{person['id']}", body))[0] == 400


def test_another_kind_of_body_is_refused(directory: DirectoryClient) -> None:
    answer = directory.http.post("/scim/v2/Users", content=b"{}", headers={"Content-Type": "text/plain"})
    assert refusal(answer) == (400, "invalidSyntax")


def test_a_member_must_be_a_person_of_the_directory(directory: DirectoryClient) -> None:
    body = {"schemas": [GROUP], "displayName": "x", "members": [{"value": "nobody"}]}
    assert refusal(directory.send("POST", "/Groups", body)) == (400, "invalidValue")
    nested = directory.group("inner")
    body["members"] = [{"value": nested["id"]}]  # type: ignore[assignment]
    assert refusal(directory.send("POST", "/Groups", body)) == (400, "invalidValue")
    assert directory.get("/Groups").json()["totalResults"] == 1


def test_a_group_is_found_without_its_members(directory: DirectoryClient) -> None:
    directory.group("Fund clients", directory.person("anna"))
    found = directory.get("/Groups", filter='displayName eq "fund clients"', excludedAttributes="members").json()
    assert [group["displayName"] for group in found["Resources"]] == ["Fund clients"]
    assert "members" not in found["Resources"][0]


@pytest.mark.parametrize("path", ["/Users/nobody", "/Groups/none", "/Schemas/none", "/elsewhere"])
def test_what_does_not_exist_is_404(directory: DirectoryClient, path: str) -> None:
    assert refusal(directory.get(path))[0] == 404
    if path.startswith(("/Users", "/Groups")):
        assert refusal(directory.send("DELETE", path))[0] == 404
