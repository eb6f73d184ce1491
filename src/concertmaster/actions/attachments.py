"""What must hold when an attachment is made or goes, and where it is for whoever reads it."""

from typing import Any

import orjson

from concertmaster.domain import files
from concertmaster.domain.call import Call
from concertmaster.entities import Attachment
from concertmaster.odata.request import Request
from concertmaster.odata.write import Change, hook


@hook("before_create", Attachment)
def before_create(call: Call, attachment: Attachment, change: Change) -> None:
    attachment.organization_unit_id = call.folder
    files.settle(attachment, now=call.now)


@hook("after_read", Attachment)
def after_read(call: Call, items: list[dict[str, Any]], request: Request) -> None:
    """The address holds for the host that the reader came by, whoever made the attachment."""
    verb = "PUT" if request.method == "POST" else "GET"
    for item in items:
        if stored := item.get("BlobFileAccess"):
            path = orjson.loads(orjson.dumps(stored))["Uri"]
            item["BlobFileAccess"] = files.access(call.base_url + path, verb)


@hook("before_delete", Attachment)
def before_delete(call: Call, attachment: Attachment) -> None:
    if attachment.file:
        call.tenant.files.delete(attachment.file)
