"""What must hold when an attachment is made or goes."""

from concertmaster.domain import files
from concertmaster.domain.call import Call
from concertmaster.entities import Attachment
from concertmaster.odata.write import Change, hook
from concertmaster.store.blobs import Blobs


@hook("before_create", Attachment)
def before_create(call: Call, attachment: Attachment, change: Change) -> None:
    attachment.organization_unit_id = call.folder
    files.settle(attachment, call.base_url, now=call.now)


@hook("before_delete", Attachment)
def before_delete(call: Call, attachment: Attachment) -> None:
    if attachment.file:
        Blobs(call.tenant.blobs).delete(attachment.file)
