"""The error tree.

    PrividiumError            a refusal with a stable code and a message that is safe to show to the caller
    ├─ InvalidInput           400  the request itself is malformed
    ├─ Unauthorized           401  nobody, or an expired session
    ├─ Forbidden              403  somebody, but not allowed; `code` is the reason id
    ├─ NotFound               404  absent, or not visible to this caller (they look alike)
    ├─ Conflict               409
    ├─ RateLimited            429
    ├─ Unavailable            503  a part that is needed does not answer
    └─ ConfigurationError          wrong settings, taken port, unreadable data folder: printed by the CLI

`rpc.dispatch` maps it to JSON-RPC and `app` maps it to HTTP; nothing else does.
"""


class PrividiumError(Exception):
    """A failure with a stable `code`; `message` names cause and fix and holds no secret."""

    status = 500

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class InvalidInput(PrividiumError):
    status = 400


class Unauthorized(PrividiumError):
    status = 401


class Forbidden(PrividiumError):
    status = 403


class NotFound(PrividiumError):
    status = 404


class Conflict(PrividiumError):
    status = 409


class RateLimited(PrividiumError):
    status = 429


class Unavailable(PrividiumError):
    status = 503


class ConfigurationError(PrividiumError):
    """Raised before the node starts serving; the CLI prints it and exits with 2."""
