"""The endpoints of RFC 7644 §3.2; out of the OpenAPI document, since /Schemas describes them."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import ValidationError
from scim2_models import Context, NotImplementedException, PatchOp, Resource
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.caller import TheIdentity
from prividium.identity.directory import comparable
from prividium.identity.directory_models import DirectoryGroup, DirectoryPerson
from prividium.provisioning import discovery, groups, people
from prividium.provisioning.bearer import Provisioner
from prividium.provisioning.journal import Journal
from prividium.provisioning.refusals import ScimResponse, of_validation, scim_body
from prividium.provisioning.resources import PATH, POLICY, Group, User
from prividium.provisioning.search import Kind, listed, response_parameters
from prividium.provisioning.stored import check_version
from prividium.types import Json

router = APIRouter(prefix=PATH, include_in_schema=False)
router.include_router(discovery.router)

PEOPLE: Kind[DirectoryPerson, User] = Kind(
    User,
    select(DirectoryPerson).order_by(DirectoryPerson.created_at, DirectoryPerson.id),
    people.show,
    {
        "username": lambda text: DirectoryPerson.user_name_key == comparable(text),
        "externalid": lambda text: DirectoryPerson.external_id == text,
        "id": lambda text: DirectoryPerson.id == text,
    },
)
GROUPS: Kind[DirectoryGroup, Group] = Kind(
    Group,
    select(DirectoryGroup).order_by(DirectoryGroup.created_at, DirectoryGroup.id),
    groups.show,
    {
        "displayname": lambda text: DirectoryGroup.display_name_key == comparable(text),
        "externalid": lambda text: DirectoryGroup.external_id == text,
        "id": lambda text: DirectoryGroup.id == text,
    },
)

Model = TypeVar("Model", bound=Resource[Any])
Document = Annotated[dict[str, Json], Depends(scim_body)]
IfMatch = Annotated[str | None, Header()]


def _base(identity: TheIdentity) -> str:
    return identity.public_url + PATH


Base = Annotated[str, Depends(_base)]


@router.get("/Users")
def list_people(request: Request, _provisioner: Provisioner, session: ReadSession, base: Base) -> Response:
    return ScimResponse(listed(session, PEOPLE, request, base))


@router.post("/Users")
def create_person(request: Request, journal: Journal, document: Document, base: Base) -> Response:
    wanted = _parsed(User, document, Context.RESOURCE_CREATION_REQUEST)
    row = people.create(journal, wanted)
    (shown,) = people.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_CREATION_RESPONSE, 201)


@router.get("/Users/{person_id}")
def get_person(
    person_id: str, request: Request, _provisioner: Provisioner, session: ReadSession, base: Base
) -> Response:
    (shown,) = people.show(session, [people.find(session, person_id)], base)
    return _answer(request, shown, Context.RESOURCE_QUERY_RESPONSE)


@router.put("/Users/{person_id}")
def replace_person(
    person_id: str, request: Request, journal: Journal, document: Document, base: Base, if_match: IfMatch = None
) -> Response:
    """Without `active` it stays as it is: nobody loses or gets access by an attribute that is not there."""
    row = people.find(journal.session, person_id, for_update=True)
    check_version(row, if_match)
    wanted = _parsed(User, document, Context.RESOURCE_REPLACEMENT_REQUEST)
    people.change(journal, row, wanted, row.active if wanted.active is None else wanted.active)
    (shown,) = people.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_REPLACEMENT_RESPONSE)


@router.patch("/Users/{person_id}")
def patch_person(
    person_id: str, request: Request, journal: Journal, document: Document, base: Base, if_match: IfMatch = None
) -> Response:
    row = people.find(journal.session, person_id, for_update=True)
    check_version(row, if_match)
    (wanted,) = people.show(journal.session, [row], base)
    if _patched(User, document, wanted):
        people.change(journal, row, wanted, wanted.active)
    (shown,) = people.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_PATCH_RESPONSE)


@router.delete("/Users/{person_id}", status_code=204)
def delete_person(person_id: str, journal: Journal, if_match: IfMatch = None) -> None:
    row = people.find(journal.session, person_id, for_update=True)
    check_version(row, if_match)
    people.remove(journal, row)


@router.get("/Groups")
def list_groups(request: Request, _provisioner: Provisioner, session: ReadSession, base: Base) -> Response:
    return ScimResponse(listed(session, GROUPS, request, base))


@router.post("/Groups")
def create_group(request: Request, journal: Journal, document: Document, base: Base) -> Response:
    row = groups.create(journal, _parsed(Group, document, Context.RESOURCE_CREATION_REQUEST))
    (shown,) = groups.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_CREATION_RESPONSE, 201)


@router.get("/Groups/{group_id}")
def get_group(group_id: str, request: Request, _provisioner: Provisioner, session: ReadSession, base: Base) -> Response:
    (shown,) = groups.show(session, [groups.find(session, group_id)], base)
    return _answer(request, shown, Context.RESOURCE_QUERY_RESPONSE)


@router.put("/Groups/{group_id}")
def replace_group(
    group_id: str, request: Request, journal: Journal, document: Document, base: Base, if_match: IfMatch = None
) -> Response:
    row = groups.find(journal.session, group_id, for_update=True)
    check_version(row, if_match)
    groups.change(journal, row, _parsed(Group, document, Context.RESOURCE_REPLACEMENT_REQUEST))
    (shown,) = groups.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_REPLACEMENT_RESPONSE)


@router.patch("/Groups/{group_id}")
def patch_group(
    group_id: str, request: Request, journal: Journal, document: Document, base: Base, if_match: IfMatch = None
) -> Response:
    row = groups.find(journal.session, group_id, for_update=True)
    check_version(row, if_match)
    (wanted,) = groups.show(journal.session, [row], base)
    if _patched(Group, document, wanted):
        groups.change(journal, row, wanted)
    (shown,) = groups.show(journal.session, [row], base)
    return _answer(request, shown, Context.RESOURCE_PATCH_RESPONSE)


@router.delete("/Groups/{group_id}", status_code=204)
def delete_group(group_id: str, journal: Journal, if_match: IfMatch = None) -> None:
    row = groups.find(journal.session, group_id, for_update=True)
    check_version(row, if_match)
    groups.remove(journal, row)


@router.post("/.search")
def search_everything(_provisioner: Provisioner) -> None:
    raise NotImplementedException(detail="search /Users or /Groups")


def _parsed(model: type[Model], document: dict[str, Json], context: Context) -> Model:
    """Raises SCIMException."""
    try:
        return model.model_validate(document, scim_ctx=context, scim_policy=POLICY)
    except ValidationError as error:
        raise of_validation(error) from None


def _patched(model: type[Model], document: dict[str, Json], resource: Model) -> bool:
    """Whether the operations changed the resource; raises SCIMException."""
    for operation in document.get("Operations") or []:  # type: ignore[union-attr]
        value = operation.get("value") if isinstance(operation, dict) else None
        if isinstance(value, dict) and isinstance(operation, dict) and not operation.get("path"):
            # Okta repeats what cannot be changed beside what it changes.
            operation["value"] = {name: part for name, part in value.items() if name not in ("id", "schemas", "meta")}
    patch: type[PatchOp[Any]] = PatchOp[model]  # type: ignore[valid-type]
    try:
        operations = patch.model_validate(document, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)
        return operations.patch(resource, scim_policy=POLICY)
    except ValidationError as error:
        raise of_validation(error) from None


def _answer(request: Request, shown: Resource[Any], context: Context, status: int = 200) -> Response:
    parameters = response_parameters(type(shown), request)
    body = shown.model_dump(scim_ctx=context, response_parameters=parameters)
    headers = {}
    if shown.meta is not None:
        headers = {"ETag": str(shown.meta.version), "Location": str(shown.meta.location)}
    return ScimResponse(body, status, headers)
