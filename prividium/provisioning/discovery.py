"""What this service provider can do (RFC 7644 §4)."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from scim2_models import Context, ForbiddenException, ListResponse, NotFoundException, Resource

from prividium.identity.caller import TheIdentity
from prividium.provisioning.bearer import Provisioner
from prividium.provisioning.refusals import ScimResponse
from prividium.provisioning.resources import CONFIGURATION, PATH, RESOURCE_TYPES, SCHEMAS

router = APIRouter()


def _shown(resource: Resource[Any], location: str) -> dict[str, Any]:
    body = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return {**body, "meta": {"resourceType": type(resource).__name__, "location": location}}


def _all(resources: Mapping[str, Resource[Any]], location: str) -> ScimResponse:
    shown = [_shown(resource, f"{location}/{name}") for name, resource in resources.items()]
    page = {"totalResults": len(shown), "startIndex": 1, "itemsPerPage": len(shown), "Resources": shown}
    return ScimResponse({"schemas": [str(ListResponse.__schema__)], **page})


def _one(resources: Mapping[str, Resource[Any]], name: str, location: str) -> ScimResponse:
    if name not in resources:
        raise NotFoundException(detail="there is no such resource")
    return ScimResponse(_shown(resources[name], f"{location}/{name}"))


def _refuse_filter(request: Request) -> None:
    """RFC 7644 §4: a filter on these is answered with 403."""
    if "filter" in request.query_params:
        raise ForbiddenException(detail="these cannot be filtered")


@router.get("/ServiceProviderConfig")
def configuration(_provisioner: Provisioner, identity: TheIdentity) -> ScimResponse:
    return ScimResponse(_shown(CONFIGURATION, f"{identity.public_url}{PATH}/ServiceProviderConfig"))


@router.get("/ResourceTypes")
def resource_types(request: Request, _provisioner: Provisioner, identity: TheIdentity) -> ScimResponse:
    _refuse_filter(request)
    return _all(RESOURCE_TYPES, f"{identity.public_url}{PATH}/ResourceTypes")


@router.get("/ResourceTypes/{name}")
def resource_type(name: str, _provisioner: Provisioner, identity: TheIdentity) -> ScimResponse:
    return _one(RESOURCE_TYPES, name, f"{identity.public_url}{PATH}/ResourceTypes")


@router.get("/Schemas")
def schemas(request: Request, _provisioner: Provisioner, identity: TheIdentity) -> ScimResponse:
    _refuse_filter(request)
    return _all(SCHEMAS, f"{identity.public_url}{PATH}/Schemas")


@router.get("/Schemas/{name}")
def schema(name: str, _provisioner: Provisioner, identity: TheIdentity) -> ScimResponse:
    return _one(SCHEMAS, name, f"{identity.public_url}{PATH}/Schemas")
