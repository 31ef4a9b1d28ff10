"""A request that changes the directory: its session, and the entries that it leaves in the audit trail."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.identity.caller import RequestId, TheIdentity
from prividium.provisioning.bearer import Provisioner


class DirectoryJournal:
    def __init__(
        self, provisioner: Provisioner, session: WriteSession, identity: TheIdentity, request_id: RequestId
    ) -> None:
        self.session = session
        self.directory = identity.directory
        self.request_id = request_id
        self._provisioner = provisioner

    def note(self, action: str, subject: str, details: Mapping[str, str]) -> None:
        trail.record(
            self.session,
            actor=None,
            action=action,
            outcome="allowed",
            subject=subject,
            request_id=self.request_id,
            details={"token": self._provisioner, **details},
        )


Journal = Annotated[DirectoryJournal, Depends(DirectoryJournal, scope="function")]
