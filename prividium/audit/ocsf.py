"""Entries in the words of the Open Cybersecurity Schema Framework 1.3, for log stores and SIEMs.

| our action | class | activity |
|---|---|---|
| `login…`, `session…`, `logout…` | 3002 Authentication | 1 Logon, 2 Logoff |
| `user…`, `directory…`, `machine…`, `api_key…`, `wallet…`, `passkey…` | 3001 Account Change | by what was done |
| `rpc…`, `rest…` and everything else | 6003 API Activity | 1 Create, 2 Read, 3 Update, 4 Delete, 99 Other |
"""

from typing import Final

from prividium.audit.models import AuditEntry
from prividium.types import Json

VERSION: Final = "1.3.0"
AUTHENTICATION: Final = 3002
ACCOUNT_CHANGE: Final = 3001
API_ACTIVITY: Final = 6003
OTHER: Final = 99

_INFORMATIONAL, _LOW, _MEDIUM = 1, 2, 3
_SUCCESS, _FAILURE = 1, 2
_CATEGORIES: Final = {AUTHENTICATION: 3, ACCOUNT_CHANGE: 3, API_ACTIVITY: 6}
_AUTHENTICATION: Final = ("login", "session", "logout", "cli", "oauth")
_ACCOUNTS: Final = ("user", "directory", "machine", "api_key", "wallet", "passkey", "webauthn")
_ACCOUNT_ACTIVITIES: Final = (
    ("roles", 7),
    ("delete", 6),
    ("deprovision", 5),
    ("disable", 5),
    ("reprovision", 2),
    ("enable", 2),
    ("create", 1),
)
"""Attach Policy, Delete, Disable, Enable, Create (OCSF 3001); the first that the action ends with."""
_API_VERBS: Final = (("create", 1), ("link", 1), ("change", 3), ("delete", 4), ("remove", 4), ("read", 2))


def ocsf_event(entry: AuditEntry) -> dict[str, Json]:
    """One event; times in milliseconds, hashes in hexadecimal. `unmapped` holds what makes the chain."""
    kind = _class_of(entry)
    activity = _activity_of(entry, kind)
    denied = entry.outcome != "allowed"
    status: Json = "Failure" if denied else "Success"
    actor: dict[str, Json] = {} if entry.actor is None else {"user": {"uid": entry.actor}}
    unmapped: dict[str, Json] = {
        "sequence": entry.sequence,
        "previous_hash": entry.previous_hash.hex(),
        "entry_hash": entry.entry_hash.hex(),
        "request_hash": None if entry.request_hash is None else entry.request_hash.hex(),
        "policy_version": entry.policy_version,
        "details": dict(entry.details),
    }
    event: dict[str, Json] = {
        "metadata": {
            "version": VERSION,
            "product": {"name": "Prividium", "vendor_name": "Prividium"},
            "uid": str(entry.sequence),
            "correlation_uid": entry.request_id,
        },
        "time": entry.time * 1000,
        "category_uid": _CATEGORIES[kind],
        "class_uid": kind,
        "activity_id": activity,
        "type_uid": kind * 100 + activity,
        "severity_id": _severity(kind, denied),
        "status_id": _FAILURE if denied else _SUCCESS,
        "status": status,
        "status_detail": entry.reason,
        "message": f"{entry.action} {entry.subject}".strip(),
        "actor": dict(actor),
        "unmapped": unmapped,
    }
    return {**event, **_of_class(entry, kind)}


def _of_class(entry: AuditEntry, kind: int) -> dict[str, Json]:
    """What the class demands beyond the base event."""
    if kind == API_ACTIVITY:
        return {"api": {"operation": entry.action, "request": {"uid": entry.request_id}}, "src_endpoint": {}}
    return {"user": {"uid": entry.actor if kind == AUTHENTICATION else entry.subject}}


def _class_of(entry: AuditEntry) -> int:
    head = entry.action.split(".", 1)[0]
    if head in _AUTHENTICATION:
        return AUTHENTICATION
    return ACCOUNT_CHANGE if head in _ACCOUNTS else API_ACTIVITY


def _activity_of(entry: AuditEntry, kind: int) -> int:
    words = entry.action.split(".")
    if kind == AUTHENTICATION:
        return (
            1 if words[0] in ("login", "oauth", "cli") else 2 if words[0] == "logout" or words[-1] == "end" else OTHER
        )
    verbs = _ACCOUNT_ACTIVITIES if kind == ACCOUNT_CHANGE else _API_VERBS
    found = [number for verb, number in verbs if verb in words]
    if found:
        return found[0]
    reads = kind == API_ACTIVITY and (words[0] == "rest" or words[-1].startswith("eth_get"))
    return 2 if reads else OTHER


def _severity(kind: int, denied: bool) -> int:
    if not denied:
        return _INFORMATIONAL
    return _MEDIUM if kind == AUTHENTICATION else _LOW
