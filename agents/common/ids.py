"""Make and parse the ids of records: UUID version 7, made in the application, so that ids sort by creation time."""

import uuid

import uuid6


def new_id() -> uuid.UUID:
    return uuid.UUID(int=uuid6.uuid7().int)


def uuid_or_none(value: object) -> uuid.UUID | None:
    """Parse an id from outside; blanks around it are ignored. `None` if it is no UUID."""
    try:
        return uuid.UUID(str(value).strip())
    except ValueError:
        return None
