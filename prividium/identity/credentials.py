"""What a request brings along to say who sends it."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

API_KEY_HEADER: Final = "x-api-key"
USER_AGENT_LENGTH_MAX: Final = 256


@dataclass(frozen=True)
class Credentials:
    authorization: str | None = None
    api_keys: tuple[str, ...] = ()
    """Values of x-api-key; more than one is refused."""
    address: str = ""
    """Network address of the caller."""

    @property
    def present(self) -> bool:
        return self.authorization is not None or bool(self.api_keys)


@dataclass(frozen=True)
class Origin:
    """Where a session began, for its owner to recognise."""

    address: str
    user_agent: str | None


def credentials_of(request: HTTPConnection) -> Credentials:
    return Credentials(
        authorization=request.headers.get("authorization"),
        api_keys=tuple(request.headers.getlist(API_KEY_HEADER)),
        address=address_of(request),
    )


def origin_of(request: HTTPConnection) -> Origin:
    agent = request.headers.get("user-agent", "")
    shown = "".join(character for character in agent if character.isprintable())[:USER_AGENT_LENGTH_MAX]
    return Origin(address_of(request), shown or None)


def address_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""
