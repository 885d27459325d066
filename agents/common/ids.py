"""Make the ids of records: UUID version 7, made in the application, so that ids sort by creation time."""

import uuid

import uuid6


def new_id() -> uuid.UUID:
    return uuid.UUID(int=uuid6.uuid7().int)
