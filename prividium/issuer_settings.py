"""One of several identity providers, as the settings describe it."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DEFAULT_ISSUER_ID = "default"
"""Id of the issuer that the `oidc_…` settings describe, and of the development provider."""


class IssuerSettings(BaseModel):
    """One of several identity providers; in the file `[[identity.issuers]]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name in URLs: small letters, digits and -.")
    name: str = Field(min_length=1, max_length=64, description="What the sign-in page calls it.")
    url: str = Field(description="URL of the OIDC issuer.")
    client_id: str = Field(default="prividium", min_length=1, description="Client id registered at the issuer.")
    client_secret_file: Path | None = Field(
        default=None, description="File (0600) with the client secret, for confidential clients."
    )
    admin_subjects: tuple[str, ...] = Field(
        default=(), description="Subjects (`sub`) that get the role admin at their first login."
    )
    role_claim: str | None = Field(
        default=None, description="Path of the claim that names groups, as `groups` or `realm_access.roles`."
    )
    role_mapping: dict[str, str] = Field(
        default_factory=dict, description="Role of this node (by name) for each value of the claim."
    )

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        return str(http_url(value))

    @model_validator(mode="after")
    def _maps_a_claim(self) -> "IssuerSettings":
        if self.role_mapping and not self.role_claim:
            raise ValueError("role_mapping needs role_claim, the path of the claim whose values it maps")
        return self


def http_url(value: str | None) -> str | None:
    """The URL without a slash at the end; raises ValueError."""
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("use a URL that begins with http:// or https://")
    return value.rstrip("/")
