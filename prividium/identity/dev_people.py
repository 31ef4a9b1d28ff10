"""The people of the development identity provider."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    subject: str
    username: str
    name: str
    part: str
    """What the person does in the demonstration."""
    groups: tuple[str, ...]
    """Values of the claim `groups`."""


ADMINISTRATOR = DemoPerson(
    "dev-administrator", "administrator", "Ada Administrator", "writes the rules", ("administrators",)
)
PEOPLE = (
    ADMINISTRATOR,
    DemoPerson("dev-client", "client", "Clara Client", "holds and transfers shares", ("clients",)),
    DemoPerson("dev-client-two", "client-two", "Carl Client", "receives shares", ("clients",)),
    DemoPerson("dev-auditor", "auditor", "Audrey Auditor", "checks what is disclosed", ("auditors",)),
)
PASSWORD = "password"  # noqa: S105  (printed on the login page of the development provider)


def person_by_username(username: str) -> DemoPerson | None:
    return next((person for person in PEOPLE if person.username == username), None)
