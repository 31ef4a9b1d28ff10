"""A person signs out here and at the identity provider; the provider ends sessions by itself."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from prividium import clock
from prividium.audit.models import AuditEntry
from prividium.identity.dev_idp import KEY_FILE
from prividium.identity.logout_token import EVENT
from prividium.identity.models import LoginSession, ProviderLogout
from tests.unit.identity.forging_provider import Claims, ForgingProvider, begin, signed

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def sign_out(browser: "Browser") -> httpx.Response:
    page = browser.http.get("/api/auth/signed-in")
    return browser.http.post(
        "/api/auth/sign-out", data=dict(FIELD.findall(page.text)), headers={"Origin": browser.edge.url}
    )


def forward(browser: "Browser", page: httpx.Response, **changed: str) -> httpx.Response:
    """What the page's form does by itself."""
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None
    return browser.http.post(action[1], data={**dict(FIELD.findall(page.text)), **changed})


def alive(client: httpx.Client) -> bool:
    return client.get("/api/auth/current-session", headers={"Accept": "application/json"}).status_code == 200


def test_a_sign_out_ends_the_session_here_and_at_the_provider(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    page = sign_out(browser)
    assert not alive(browser.http)
    done = forward(browser, page)
    assert done.status_code == 200
    assert "You are signed out here and at the identity provider" in done.text
    assert done.url.path == "/api/auth/signed-out"


def test_the_id_token_is_in_no_url_and_readable_by_the_sessions_holder_alone(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    before = sealed(edge)
    page = sign_out(browser)
    token = dict(FIELD.findall(page.text))["id_token_hint"]
    assert token.count(".") == 2
    assert not [text for text in before.values() if token in text]
    done = forward(browser, page)
    assert not [step for step in (*done.history, done) if token in str(step.url) + step.headers.get("location", "")]
    assert len(before.keys() - sealed(edge).keys()) == 1


def sealed(edge: "Edge") -> dict[str, str]:
    """Of each session that has one, the ID token as it is kept."""
    with edge.database.read() as session:
        return {row.id: row.id_token_sealed for row in session.scalars(select(LoginSession)) if row.id_token_sealed}


def test_the_one_script_of_the_page_is_named_by_its_hash(edge: "Edge") -> None:
    policy = sign_out(edge.signed_in("client")).headers["content-security-policy"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'$", policy)
    assert "default-src 'none'" in policy


def test_a_sign_out_needs_the_pages_token(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    for csrf, origin in (("wrong", edge.url), (browser.csrf_headers()["X-CSRF-Token"], "https://evil.example")):
        answer = browser.json("POST", "/api/auth/sign-out", data={"csrf": csrf}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert alive(browser.http)


def test_nobody_is_told_that_they_are_signed_out_by_a_link(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    page = sign_out(browser)
    assert reason(browser.json("GET", "/api/auth/signed-out?state=wrong")) == "logout_state_invalid"
    assert reason(edge.browser().json("GET", "/api/auth/signed-out?state=")) == "logout_state_invalid"
    assert forward(browser, page, state="forged").status_code == 401


def test_the_provider_ends_the_programs_that_were_confirmed_in_the_same_session(edge: "Edge") -> None:
    browser, other = edge.signed_in("client"), edge.program("client")
    login = edge.start_cli_login()
    browser.confirm(login)
    program = edge.client(headers={"Authorization": f"Bearer {edge.poll(login).json()['token']}"})
    assert alive(program)
    forward(browser, sign_out(browser))
    assert not alive(program)
    assert alive(other.http)


def test_a_program_that_was_confirmed_gets_nothing_after_the_session_ended(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    login = edge.start_cli_login()
    browser.confirm(login)
    sign_out(browser)
    assert reason(edge.poll(login)) == "cli_login_invalid"


@pytest.mark.parametrize(
    "changed", [{"id_token_hint": "a.b.c"}, {"id_token_hint": ""}, {"post_logout_redirect_uri": "https://evil.example"}]
)
def test_the_development_provider_refuses_a_wrong_sign_out(edge: "Edge", changed: dict[str, str]) -> None:
    browser = edge.signed_in("client")
    answer = forward(browser, sign_out(browser), **changed)
    assert (answer.status_code, answer.url.path) == (400, "/dev-idp/logout")


def test_the_development_provider_refuses_a_hint_of_somebody_else(edge: "Edge") -> None:
    claims = {"iss": f"{edge.url}/dev-idp", "aud": "prividium", "sub": "dev-client", "sid": "any"}
    forged = jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
    browser = edge.signed_in("client")
    assert forward(browser, sign_out(browser), id_token_hint=forged).status_code == 400


@pytest.fixture(scope="module")
def provider() -> Iterator[ForgingProvider]:
    started = ForgingProvider()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def bank(make_edge: Callable[..., "Edge"], provider: ForgingProvider) -> "Edge":
    """A node whose people come from an issuer that sends logout tokens."""
    return make_edge(issuers=({"id": "bank", "name": "Bank", "url": provider.url},))


@pytest.fixture
def arrive(bank: "Edge", provider: ForgingProvider) -> Callable[..., "Browser"]:
    def arrive(**claims: object) -> "Browser":
        provider.extra = claims
        browser = bank.browser()
        assert browser.http.get(begin(browser.http, provider, "bank"), follow_redirects=False).status_code == 303
        return browser

    return arrive


def send(bank: "Edge", token: str, issuer: str = "bank") -> httpx.Response:
    return bank.client().post(f"/api/auth/backchannel-logout/{issuer}", data={"logout_token": token})


def log_out(bank: "Edge", provider: ForgingProvider, **claims: object) -> httpx.Response:
    return send(bank, signed(provider.logout_claims(**claims), provider.key, typ="logout+jwt"))


def test_a_logout_with_sid_ends_that_session_at_once_and_no_other(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    first, second, other = (
        arrive(sub="ann", sid="ann-1"),
        arrive(sub="ann", sid="ann-2"),
        arrive(sub="ben", sid="ben-1"),
    )
    answer = log_out(bank, provider, sub=None, sid="ann-1")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [alive(browser.http) for browser in (first, second, other)] == [False, True, True]


def test_a_logout_with_sub_alone_ends_every_session_of_the_person(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    first, second, other = (
        arrive(sub="cleo", sid="cleo-1"),
        arrive(sub="cleo", sid=None),
        arrive(sub="dan", sid="dan-1"),
    )
    assert log_out(bank, provider, sub="cleo", sid=None).status_code == 200
    assert [alive(browser.http) for browser in (first, second, other)] == [False, False, True]


def test_a_logout_with_both_ends_only_what_both_name(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    browser = arrive(sub="eve", sid="eve-1")
    assert log_out(bank, provider, sub="somebody-else", sid="eve-1").status_code == 200
    assert alive(browser.http)
    assert log_out(bank, provider, sub="eve", sid="eve-1").status_code == 200
    assert not alive(browser.http)


def test_the_logout_of_one_issuer_ends_nothing_of_another(
    edge: "Edge", bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    browser = arrive(sub="fay", sid="fay-1")
    key = RSAKey.import_key((edge.identity.data_dir / KEY_FILE).read_bytes())
    stranger = signed(
        {**provider.logout_claims(sub="fay", sid="fay-1"), "iss": f"{edge.url}/dev-idp"}, key, kid=key.thumbprint()
    )
    assert send(bank, stranger).status_code == 400
    assert (
        send(edge, signed(provider.logout_claims(sub="fay", sid="fay-1"), provider.key), "default").status_code == 400
    )
    assert alive(browser.http)


def test_a_login_that_the_provider_ended_meanwhile_is_refused(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    for claims in ({"sub": "gil", "sid": "gil-1"}, {"sub": "hal", "sid": None}):
        provider.extra = {**claims, "iat": clock.now()}
        browser = bank.browser()
        callback = begin(browser.http, provider, "bank")
        assert log_out(bank, provider, **claims).status_code == 200
        answer = browser.json("GET", str(callback), follow_redirects=False)
        assert (answer.status_code, reason(answer)) == (401, "login_ended")


def test_a_person_signs_in_again_after_a_logout(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]
) -> None:
    log_out(bank, provider, sub="ivy", sid=None)
    with bank.database.write() as opened:
        for row in opened.scalars(select(ProviderLogout).where(ProviderLogout.subject == "ivy")):
            row.issued_at = clock.now() - 1
    assert alive(arrive(sub="ivy", sid="ivy-2").http)


def test_logins_and_logouts_work_on_postgresql_too(
    make_edge: Callable[..., "Edge"], new_postgresql_database: Callable[[], str], provider: ForgingProvider
) -> None:
    issuer = {"id": "bank", "name": "Bank", "url": provider.url, "role_claim": "groups", "role_mapping": {"a": "user"}}
    edge = make_edge(database_url=new_postgresql_database(), issuers=(issuer,))
    pages = []
    for groups in (["a"], []):
        provider.extra = {"sub": "kim", "sid": f"kim-{len(pages)}", "groups": groups}
        browser = edge.browser()
        browser.http.get(begin(browser.http, provider, "bank"))
        assert browser.json("GET", "/api/profiles/me").json()["roleSources"] == dict.fromkeys(
            groups and ["user"], "claim"
        )
        pages.append(browser)
    assert log_out(edge, provider, sub=None, sid="kim-0").status_code == 200
    assert [alive(browser.http) for browser in pages] == [False, True]
    assert log_out(edge, provider, sub="kim", sid=None).status_code == 200
    assert not alive(pages[1].http)
    assert log_out(edge, provider, sub="kim", sid=None, jti="once").status_code == 200
    assert log_out(edge, provider, sub="kim", sid=None, jti="once").status_code == 400


WRONG: dict[str, tuple[Claims, str]] = {
    "no events": ({"events": None}, "events"),
    "another event": ({"events": {"http://schemas.openid.net/event/other": {}}}, "events"),
    "an event that is no object": ({"events": {EVENT: "yes"}}, "events"),
    "events that are a list": ({"events": [EVENT]}, "events"),
    "a nonce": ({"nonce": "nonce"}, "nonce"),
    "neither sub nor sid": ({"sub": None, "sid": None}, "sub"),
    "an empty sid": ({"sid": ""}, "sid"),
    "no jti": ({"jti": None}, "jti"),
    "another issuer": ({"iss": "https://evil.example"}, "iss"),
    "another audience": ({"aud": "another"}, "aud"),
    "no audience": ({"aud": None}, "aud"),
    "expired": ({"exp": clock.now() - 3_600}, "exp"),
    "no expiry": ({"exp": None}, "exp"),
    "issued in the future": ({"iat": clock.now() + 3_600}, "iat"),
    "issued long ago": ({"iat": clock.now() - 3_600}, "iat"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_logout_token_ends_nothing_and_is_in_the_trail(
    bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"], name: str
) -> None:
    changed, check = WRONG[name]
    browser = arrive(sub="subject", sid="session" + clock.new_id())
    answer = log_out(bank, provider, **{"sid": None, **changed})
    assert (answer.status_code, reason(answer)) == (400, f"logout_token_{check}_invalid")
    assert alive(browser.http)
    assert last_refusal(bank) == f"logout_token_{check}_invalid"


def last_refusal(bank: "Edge") -> str:
    with bank.database.read() as opened:
        statement = select(AuditEntry).where(AuditEntry.outcome == "denied").order_by(AuditEntry.sequence.desc())
        entry = opened.scalars(statement).first()
        assert entry is not None
        assert entry.action == "logout.provider"
        return entry.reason


def test_a_forged_logout_token_is_refused(bank: "Edge", provider: ForgingProvider) -> None:
    claims = provider.logout_claims()
    other = RSAKey.generate_key(2048, {"kid": "first"})
    unsigned = "eyJhbGciOiJub25lIn0." + signed(claims, provider.key).split(".")[1] + "."
    nested = "W" + "1tb" * 12_000
    refused = {
        signed(claims, other): "signature",
        signed(claims, provider.key, "RS512"): "algorithm",
        signed(claims, provider.key, kid="unknown"): "key",
        signed(claims, provider.key, typ="at+jwt"): "header",
        unsigned: "algorithm",
        "nonsense": "format",
        f"{nested}.e30.e30": "format",
    }
    for token, check in refused.items():
        answer = send(bank, token)
        assert (answer.status_code, reason(answer)) == (400, f"logout_token_{check}_invalid")


def test_an_id_token_never_passes_for_a_logout_token(bank: "Edge", provider: ForgingProvider) -> None:
    assert reason(send(bank, signed(provider.id_claims(), provider.key))) == "logout_token_events_invalid"


def test_a_logout_token_counts_once(bank: "Edge", provider: ForgingProvider, arrive: Callable[..., "Browser"]) -> None:
    token = signed(provider.logout_claims(sub="joe", sid="joe-1"), provider.key)
    assert send(bank, token).status_code == 200
    again = send(bank, token)
    assert (again.status_code, reason(again)) == (400, "logout_token_jti_invalid")


def test_an_unknown_issuer_is_refused_like_a_wrong_token(bank: "Edge", provider: ForgingProvider) -> None:
    token = signed(provider.logout_claims(), provider.key)
    assert reason(send(bank, token, "nobody")) == "issuer_unknown"
    assert bank.client().post("/api/auth/backchannel-logout/bank", data={}).status_code == 400


def test_logouts_are_free_and_guesses_are_not(make_edge: Callable[..., "Edge"], provider: ForgingProvider) -> None:
    issuer = {"id": "bank", "name": "Bank", "url": provider.url}
    edge = make_edge(issuers=(issuer,), login_requests_per_minute_max=3)
    assert [log_out(edge, provider).status_code for _ in range(6)] == [200] * 6
    assert [send(edge, "nonsense").status_code for _ in range(5)] == [400, 400, 400, 429, 429]
    assert log_out(edge, provider).status_code == 200
