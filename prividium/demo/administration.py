"""What an administrator does by REST: roles and their holders."""

from typing import cast

from prividium.demo.member import Member
from prividium.types import Json


def create_role(administrator: Member, name: str, permissions: list[str]) -> Json:
    """Id of a new role with these system permissions."""
    body: Json = {"roleName": name, "systemPermissions": cast(list[Json], permissions)}
    return administrator.rest("POST", "/api/roles", body)["id"]


def assign_role(administrator: Member, member: Member, role: Json) -> None:
    """Give a role to a member, who keeps those held already."""
    profile = member.rest("GET", "/api/profiles/me")
    held = [{"id": cast(dict[str, Json], entry)["id"]} for entry in cast(list[Json], profile["roles"])]
    body: Json = {"roles": cast(list[Json], [*held, {"id": role}])}
    administrator.rest("PUT", f"/api/users/{profile['id']}/roles", body)


def add_rule(
    administrator: Member,
    contract: str,
    signature: str,
    access: str,
    rule: str,
    roles: list[Json] | None = None,
    arguments: list[int] | None = None,
) -> None:
    """A function rule, for example for `transfer(address,uint256)`."""
    body: Json = {
        "contractAddress": contract,
        "functionSignature": f"function {signature}",
        "accessType": access,
        "ruleType": rule,
        "roles": [{"id": role} for role in roles or []],
        "argumentRestrictions": [{"argumentIndex": index} for index in arguments or []],
    }
    administrator.rest("POST", "/api/contract-permissions", body)
