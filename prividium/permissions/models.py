"""Tables of rules: contracts, who may call their functions and who sees their events."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import LargeBinary

from prividium.db.metadata import ADDRESS, HASH, SECONDS, Base
from prividium.identity.models import Role
from prividium.permissions.abi import Abi


class PolicyState(Base):
    """One row. Triggers raise `version` and `event_version` in the transaction of every change that matters to them."""

    __tablename__ = "policy_state"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    event_version: Mapped[int]
    next_role_policy_id: Mapped[int]


class ContractTemplate(Base):
    """An ABI with rules that every contract of the template takes over, function by function."""

    __tablename__ = "contract_templates"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    abi: Mapped[Abi] = mapped_column(JSON)
    is_shipped: Mapped[bool]
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)


class Contract(Base):
    __tablename__ = "contracts"

    address: Mapped[bytes] = mapped_column(ADDRESS, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    abi: Mapped[Abi] = mapped_column(JSON)
    owner_user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    template_id: Mapped[str | None] = mapped_column(String(21), index=True)
    """Refers to a row of `contract_templates`, which `templates.delete_template` keeps."""
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)


class FunctionRuleRole(Base):
    __tablename__ = "function_rule_roles"

    rule_id: Mapped[int] = mapped_column(ForeignKey("function_rules.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"), primary_key=True, index=True)


class FunctionRule(Base):
    """Who may call one function of a contract, or of every contract of a template; without a row nobody may."""

    __tablename__ = "function_rules"
    __table_args__ = (
        UniqueConstraint("contract_address", "selector"),
        UniqueConstraint("template_id", "selector"),
        CheckConstraint("(contract_address IS NULL) <> (template_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    contract_address: Mapped[bytes | None] = mapped_column(ForeignKey("contracts.address", ondelete="CASCADE"))
    template_id: Mapped[str | None] = mapped_column(ForeignKey("contract_templates.id", ondelete="CASCADE"))
    selector: Mapped[bytes] = mapped_column(LargeBinary(4))
    """Empty for calls with fewer than four bytes of data."""
    signature: Mapped[str] = mapped_column(String(1024))
    access: Mapped[str] = mapped_column(String(8))
    rule_type: Mapped[str] = mapped_column(String(32))
    is_umbrella: Mapped[bool] = mapped_column(default=False)
    argument_indices: Mapped[list[int]]
    word_offsets: Mapped[list[int]]
    """Position of each listed argument, in words after the selector; follows from the ABI."""
    valid_from: Mapped[int | None] = mapped_column(SECONDS)
    valid_until: Mapped[int | None] = mapped_column(SECONDS)
    argument_conditions: Mapped[list[dict[str, object]] | None] = mapped_column(JSON(none_as_null=True))
    """As `condition_drafts` writes them; None for none."""
    limits: Mapped[list[dict[str, object]] | None] = mapped_column(JSON(none_as_null=True))
    """As `condition_drafts` writes them; None for none."""
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)

    roles: Mapped[list[Role]] = relationship(secondary="function_rule_roles", order_by=Role.policy_id)

    def applies_at(self, seconds: int) -> bool:
        return (self.valid_from or 0) <= seconds and (self.valid_until is None or seconds < self.valid_until)


class EventRuleRole(Base):
    __tablename__ = "event_rule_roles"

    rule_id: Mapped[int] = mapped_column(ForeignKey("event_rules.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"), primary_key=True, index=True)


class EventRule(Base):
    """Who sees which logs of a contract; without a row only the sender of the transaction does."""

    __tablename__ = "event_rules"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    contract_address: Mapped[bytes] = mapped_column(ForeignKey("contracts.address", ondelete="CASCADE"), index=True)
    topic0: Mapped[bytes | None] = mapped_column(HASH)
    """None: every event of the contract."""
    topics: Mapped[list[str]]
    """Conditions on topic 1 to 3: "" any, "user" the caller's wallet, else 0x-data that the topic must equal."""
    created_at: Mapped[int] = mapped_column(SECONDS)

    roles: Mapped[list[Role]] = relationship(secondary="event_rule_roles", order_by=Role.policy_id)
