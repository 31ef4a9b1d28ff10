"""A request that changes the directory: its session, and the entries that it leaves in the audit trail."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.identity.caller import Action, RequestId, TheIdentity
from prividium.provisioning.bearer import Provisioner


class DirectoryJournal:
    def __init__(
        self,
        provisioner: Provisioner,
        session: WriteSession,
        identity: TheIdentity,
        request_id: RequestId,
        action: Action,
    ) -> None:
        self._request_hash = identity.request_hasher.of_text(action)
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
            request_hash=self._request_hash,
            details={"token": self._provisioner, **details},
        )


Journal = Annotated[DirectoryJournal, Depends(DirectoryJournal, scope="function")]
