"""Ids for every record: UUID version 7, made in the application, so that they sort by the time of their making."""

import uuid

import uuid6


def new_id() -> uuid.UUID:
    return uuid.UUID(int=uuid6.uuid7().int)
