"""Where an identity provider says which groups somebody is in, and which roles of ours follow from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_STEP = re.compile(r"(?:[^.\\]|\\.)+")


@dataclass(frozen=True)
class RoleClaim:
    """`path`: names of nested claims, as ("realm_access", "roles"); `roles`: name of our role for each value."""

    path: tuple[str, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str | None, mapping: Mapping[str, str]) -> Self:
        """`path` separates names by dots; a dot within a name is written `\\.`, as in Keycloak's mappers."""
        steps = _STEP.findall(path or "")
        return cls(tuple(re.sub(r"\\(.)", r"\1", step) for step in steps), tuple(sorted(mapping.items())))

    def granted(self, claims: Mapping[str, object]) -> frozenset[str]:
        """Names of our roles that the claims give: values without a role, and what is no list of texts, give none."""
        value: object = claims
        for step in self.path:
            value = value.get(step) if isinstance(value, Mapping) else None
        values = value if isinstance(value, list) else [value]
        present = {text for text in values if isinstance(text, str)}
        return frozenset(role for text, role in self.roles if text in present)
