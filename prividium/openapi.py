"""The OpenAPI document of the REST API, served at /api/openapi.json: what FastAPI knows, and what it does not.

It does not know how refusals look, which credentials a route takes, and that pages are not JSON.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, iter_route_contexts

from prividium.identity.caller import maybe_caller
from prividium.identity.routes.oauth import TOKEN_PATH
from prividium.permissions.routes.journal import journal_of

PATH: Final = "/api/openapi.json"
TITLE: Final = "Prividium"
PAGES: Final = ("/api/auth/", "/auth/")
"""Browsers open some of what is below; what they are told may be a page."""
_REFUSED: Final = {"$ref": "#/components/schemas/Refusal"}
_SCHEMAS: Final[dict[str, object]] = {
    "Refusal": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "reason", "message"],
                "properties": {
                    "code": {"type": "string", "description": "Prividium's name for the kind of error."},
                    "reason": {"type": "string", "description": "Stable name of the case."},
                    "message": {"type": "string", "description": "Cause and fix, in words."},
                    "issues": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["path", "message"],
                            "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                        },
                    },
                },
            },
            "requiresStepUp": {"type": "boolean", "description": "Confirm `action` with a passkey, then try again."},
            "action": {"type": "string"},
        },
    },
    "OAuthRefusal": {
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    },
}
_PROPOSED: Final = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["proposal"],
            "properties": {"proposal": {"$ref": "#/components/schemas/ProposalAnswer"}},
        }
    }
}
_CREDENTIALS: Final[dict[str, object]] = {
    "session": {"type": "http", "scheme": "bearer", "description": "The token of a login."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "Of a machine."},
}


def install_openapi(app: FastAPI, version: str) -> None:
    """Serve the document of every route that the application has by the time it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, version)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
    app.add_api_route(PATH, lambda: JSONResponse(document()), methods=["GET"], include_in_schema=False)


def describe(app: FastAPI, version: str) -> dict[str, Any]:
    document = get_openapi(title=TITLE, version=version, routes=app.routes, description="Errors name what went wrong.")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_SCHEMAS)
    document["components"]["securitySchemes"] = _CREDENTIALS
    for path, method, route in _operations(app):
        # What describes itself in its own words, as SCIM does, is not in the document.
        if path in document["paths"]:
            _complete(document["paths"][path][method.lower()], path, route)
    return document


def _operations(app: FastAPI) -> Iterator[tuple[str, str, APIRoute]]:
    """Path, method and route of everything that FastAPI serves."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            yield from ((str(context.path_format), method, route) for method in route.methods or ())


def _complete(operation: dict[str, Any], path: str, route: APIRoute) -> None:
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    page = path.startswith(PAGES)
    if page:
        responses["303"] = {"description": "On to another page."}
    refusal = {"$ref": "#/components/schemas/OAuthRefusal"} if path == TOKEN_PATH else _REFUSED
    content: dict[str, object] = {"application/json": {"schema": refusal}}
    if page:
        content["text/html"] = {"schema": {"type": "string"}}
    responses["4XX"] = {"description": "Refused.", "content": content}
    responses["503"] = {"description": "A part that is needed does not answer.", "content": content}
    if _asks(route.dependant, journal_of):
        responses["202"] = {"description": "Waits for a second administrator.", "content": _PROPOSED}
    if _asks(route.dependant, maybe_caller):
        operation["security"] = [{name: []} for name in _CREDENTIALS]


def _asks(dependant: Dependant, question: object) -> bool:
    return dependant.call is question or any(_asks(part, question) for part in dependant.dependencies)
