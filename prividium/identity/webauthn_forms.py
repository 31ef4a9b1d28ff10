"""JSON of WebAuthn Level 3 as browsers' `toJSON()` makes it. What we do not read is let through unread."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from prividium.types import Json

MEMBER_LENGTH_MAX: Final = 16_384
Base64Url = Annotated[str, Field(min_length=1, max_length=MEMBER_LENGTH_MAX, pattern=r"^[A-Za-z0-9_-]+$")]
Transport = Literal["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, serialize_by_alias=True)


class AttestationMembers(_Form):
    client_data_json: Base64Url = Field(alias="clientDataJSON")
    attestation_object: Base64Url = Field(alias="attestationObject")
    transports: list[Transport] = Field(default_factory=list, max_length=8)


class AssertionMembers(_Form):
    client_data_json: Base64Url = Field(alias="clientDataJSON")
    authenticator_data: Base64Url = Field(alias="authenticatorData")
    signature: Base64Url
    user_handle: Base64Url | None = Field(default=None, alias="userHandle")


class _Credential(_Form):
    id: Base64Url
    raw_id: Base64Url = Field(alias="rawId")
    type: Literal["public-key"]


class Attestation(_Credential):
    """RegistrationResponseJSON."""

    response: AttestationMembers


class Assertion(_Credential):
    """AuthenticationResponseJSON."""

    response: AssertionMembers


def as_json(form: Attestation | Assertion) -> dict[str, Json]:
    return form.model_dump(by_alias=True, exclude_none=True)
