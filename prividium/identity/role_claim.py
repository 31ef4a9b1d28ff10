"""Where an identity provider says which groups somebody is in, and which roles of ours follow from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_STEP = re.compile(r"(?:[^.\\]|\\.)+")


ClaimPath = tuple[str, ...]
"""Names of nested claims, as ("realm_access", "roles")."""


def claim_path(text: str | None) -> ClaimPath:
    """`text` separates names by dots; a dot within a name is written `\\.`, as in Keycloak's mappers."""
    return tuple(re.sub(r"\\(.)", r"\1", step) for step in _STEP.findall(text or ""))


def claim_at(path: ClaimPath, claims: Mapping[str, object]) -> object:
    """None where there is no such claim."""
    value: object = claims
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


@dataclass(frozen=True)
class RoleClaim:
    """`roles`: name of our role for each value of the claim."""

    path: ClaimPath = ()
    roles: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str | None, mapping: Mapping[str, str]) -> Self:
        return cls(claim_path(path), tuple(sorted(mapping.items())))

    def granted(self, claims: Mapping[str, object]) -> frozenset[str]:
        """Names of our roles that the claims give: values without a role, and what is no list of texts, give none."""
        value = claim_at(self.path, claims)
        values = value if isinstance(value, list) else [value]
        present = {text for text in values if isinstance(text, str)}
        return frozenset(role for text, role in self.roles if text in present)
