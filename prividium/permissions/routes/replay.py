"""Applies an approved proposal: the route's own function, with the body that was proposed."""

import inspect
import json
from collections.abc import Iterator
from typing import Final, get_type_hints

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from prividium.errors import Conflict
from prividium.identity.caller import identity_of
from prividium.permissions.approval_models import PolicyProposal
from prividium.permissions.routes import (
    contract_permissions,
    contracts,
    event_permissions,
    four_eyes,
    machines,
    roles,
    template_permissions,
    templates,
    users,
)
from prividium.permissions.routes.journal import Journal

PREFIX: Final = "/api"
_PARTS: Final = (
    *(contracts, contract_permissions, event_permissions, templates, template_permissions),
    *(roles, users, machines, four_eyes),
)


def policy_routes() -> Iterator[APIRoute]:
    """Every route that can change what somebody may do."""
    for part in _PARTS:
        for route in part.router.routes:
            if isinstance(route, APIRoute) and "journal" in inspect.signature(route.endpoint).parameters:
                yield route


def replay(proposal: PolicyProposal, journal: Journal, request: Request) -> None:
    """Raises Conflict("proposal_not_applicable") if this version of the program does not know the request any more, and
    what the route raises.
    """
    for route in policy_routes():
        match = route.path_regex.match(proposal.path.removeprefix(PREFIX))
        if match and proposal.method in (route.methods or ()):
            route.endpoint(**_arguments(route, match.groupdict(), proposal, journal, request))
            return
    raise _not_applicable()


def _arguments(
    route: APIRoute, path: dict[str, str], proposal: PolicyProposal, journal: Journal, request: Request
) -> dict[str, object]:
    hints = get_type_hints(route.endpoint, include_extras=True)
    given: dict[str, object] = {"journal": journal, "identity": identity_of(request), "request": request}
    arguments: dict[str, object] = {}
    for name in inspect.signature(route.endpoint).parameters:
        if name in given:
            arguments[name] = given[name]
            continue
        value = json.loads(proposal.body) if name == "body" else path.get(name)
        try:
            arguments[name] = TypeAdapter(hints[name]).validate_python(value)
        except ValidationError:
            raise _not_applicable() from None
    return arguments


def _not_applicable() -> Conflict:
    text = "this version does not take the request that was proposed: reject it and propose the change again"
    return Conflict("proposal_not_applicable", text)
