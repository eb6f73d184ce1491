"""Archives of queue items: what retention takes out of a queue, as a file in a bucket."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import buckets, clock
from concertmaster.domain.queue_history import ITEMS
from concertmaster.entities import Bucket, QueueDefinition
from concertmaster.odata.declare import WORDS, Words, pascal
from concertmaster.store.blobs import Blobs

#: The columns of an archive: what the API shows of an item, under its names.
COLUMNS = tuple(column for column in ITEMS.c if not column.info.get(WORDS, Words()).hidden)


def keep_items(
    session: Session,
    blobs: Blobs,
    bucket: Bucket,
    queue: QueueDefinition,
    ids: Sequence[int],
    *,
    now: str,
) -> str:
    """Write items into a zipped CSV file of a bucket; its path there."""
    name = f"{now[:10]}-{clock.new_guid()}"
    path = f"Archive/Queues/Queue-{queue.key}/{name}.zip"
    rows = session.execute(sa.select(*COLUMNS).where(ITEMS.c.id.in_(ids)).order_by(ITEMS.c.id))
    content = _zipped(f"{name}.csv", rows)
    blob = blobs.save("buckets", content, ".zip")
    buckets.keep(session, bucket, path, blob, len(content), "application/zip", now=now)
    return path


def _zipped(name: str, rows: sa.Result[Any]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([pascal(column.key) for column in COLUMNS])
    writer.writerows([_cell(value) for value in row] for row in rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.getvalue())
    return packed.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, IntEnum):
        return value.name
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
