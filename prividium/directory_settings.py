"""The part of the identity settings that is about a directory which provisions people (SCIM)."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from prividium.issuer_settings import DEFAULT_ISSUER_ID


class DirectorySettings(BaseModel):
    """In the environment `PRIVIDIUM_IDENTITY__SCIM_<NAME>`, in the file `[identity]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scim_token_hashes: tuple[str, ...] = Field(
        default=(),
        description="SHA-256 (hexadecimal) of the tokens with which a directory may provision people, as "
        "`prividium scim token` prints them; default none: no provisioning.",
    )
    scim_issuer: str = Field(
        default=DEFAULT_ISSUER_ID, description="Id of the issuer whose people are in the directory."
    )
    scim_required: bool = Field(
        default=True, description="People of that issuer who are not in the directory cannot sign in."
    )
    scim_claim: str = Field(
        default="sub",
        min_length=1,
        description="Path of the issuer's claim by which a person is found in the directory at the first login; people "
        "must not be able to change it.",
    )
    scim_attribute: Literal["externalId", "userName"] = Field(
        default="externalId", description="Attribute of the directory that the claim is compared with."
    )
    scim_role_mapping: dict[str, str] = Field(
        default_factory=dict, description="Role of this node (by name) for each group of the directory (displayName)."
    )
    scim_requests_per_minute_max: Annotated[int, Field(ge=1)] = Field(
        default=1200, description="SCIM requests per minute and token."
    )

    @field_validator("scim_token_hashes")
    @classmethod
    def _are_hashes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[0-9a-f]{64}", text) for text in value):
            # Whoever writes the token itself here must not find it repeated in a message.
            raise ValueError("use what `prividium scim token` prints: 64 hexadecimal digits, not the token itself")
        return value
