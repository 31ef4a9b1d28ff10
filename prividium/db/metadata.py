"""The declarative class that every table derives from."""

from typing import ClassVar

from sqlalchemy import JSON, BigInteger, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Fixed names, so that a migration can address a constraint on every database."""

ADDRESS = LargeBinary(20)
HASH = LargeBinary(32)
SECONDS = BigInteger()
"""Seconds since the epoch."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {list[str]: JSON, list[int]: JSON, dict[str, str]: JSON}
