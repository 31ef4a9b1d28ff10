"""RFC 7643 and RFC 7644 by the checks of scim2-tester, which read what the server says about itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from tests.unit.provisioning.provider import TOKEN

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


class Client(BaseSyncSCIMClient):
    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.http = http

    def request(self, method: str, url: str, **given: object) -> httpx.Response:
        return self.http.request(method, url, **given)  # type: ignore[arg-type]

    def _parse_json(self, response: object) -> object:
        assert isinstance(response, httpx.Response)
        return response.json()


def test_the_tester_finds_nothing_wrong(make_directory: Callable[..., "Edge"], database_url: str) -> None:
    edge = make_directory(database_url)
    http = edge.client(headers={"Authorization": f"Bearer {TOKEN}"})
    http.base_url = httpx.URL(f"{edge.url}/scim/v2")
    results = check_server(Client(http))
    wrong = {
        f"{result.title}: {result.reason}"
        for result in results
        if result.status not in (Status.SUCCESS, Status.SKIPPED, Status.COMPLIANT, Status.ACCEPTABLE)
    }
    assert wrong == set()
    assert sum(result.status is Status.SUCCESS for result in results) > 40
