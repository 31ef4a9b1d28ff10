from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from prividium.identity.models import Role
from tests.unit.provisioning.provider import HASHES, DirectoryClient

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

MAPPING = {"Fund clients": "fund-client", "Chain administrators": "admin"}


@pytest.fixture
def make_directory(make_edge: Callable[..., "Edge"]) -> Callable[..., "Edge"]:
    """An edge with a directory; keyword arguments are identity settings."""

    def make(database_url: str | None = None, **settings: object) -> "Edge":
        edge = make_edge(database_url, **{"scim_token_hashes": HASHES, "scim_role_mapping": MAPPING, **settings})
        with edge.database.write() as session:
            fixed = {"system_permissions": [], "is_system": False, "created_at": 0, "updated_at": 0}
            session.add(Role(id="fund-client", policy_id=3, name="fund-client", **fixed))
        return edge

    return make


@pytest.fixture
def edge(make_directory: Callable[..., "Edge"]) -> "Edge":
    return make_directory()


@pytest.fixture
def directory(edge: "Edge") -> DirectoryClient:
    return DirectoryClient.of(edge)
