"""Files of jobs: where one is sent to and fetched from, and which job it belongs to.

An address is signed with the secret of what it leads to, and needs nothing else.
"""

import hashlib
import hmac
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock
from concertmaster.domain.errors import AttachmentNotFound, InvalidArgument, NotAuthorized
from concertmaster.entities import Attachment, Job, JobAttachment

#: The most that one file may weigh.
LARGEST = 2 * 2**30


def access(uri: str, verb: str) -> dict[str, Any]:
    """Where a file is, in the names of the wire (BlobFileAccessDto)."""
    headers = {"Keys": ["x-ms-blob-type"], "Values": ["BlockBlob"]}
    if verb != "PUT":
        headers = {"Keys": [], "Values": []}
    return {"Uri": uri, "Verb": verb, "RequiresAuth": False, "Headers": headers}


def sign(secret: str, *words: object) -> str:
    text = " ".join(map(str, words))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def check(signature: str, secret: str, *words: object) -> None:
    """Raises NotAuthorized for an address that we did not make."""
    if not hmac.compare_digest(sign(secret, *words).encode(), signature.encode()):
        raise NotAuthorized


# --- attachments ----------------------------------------------------------------------------


def path_of(attachment: Attachment) -> str:
    """Where an attachment is, below the service's own address; good for as long as there is one."""
    signature = sign(attachment.secret, attachment.id)
    return f"blobs/attachments/{attachment.id}?signature={signature}"


def settle(attachment: Attachment, *, now: str) -> None:
    """Identity and address of a new attachment."""
    attachment.id, attachment.secret = clock.new_guid(), clock.new_guid()
    attachment.creation_time = attachment.last_modification_time = now
    attachment.blob_file_access = access(path_of(attachment), "PUT")


def new(session: Session, name: str, folder_id: int | None, *, now: str) -> Attachment:
    attachment = Attachment(name=name[:256], organization_unit_id=folder_id)
    settle(attachment, now=now)
    session.add(attachment)
    session.flush()
    return attachment


def find(session: Session, attachment_id: str) -> Attachment:
    """Raises AttachmentNotFound."""
    found = session.get(Attachment, attachment_id.strip("{} ").lower())
    if found is None:
        raise AttachmentNotFound
    return found


def attach(
    session: Session, job: Job, attachment: Attachment, category: str | None, *,
    now: str, user_id: int | None = None,
) -> JobAttachment:  # fmt: skip
    """Make a file one of a job's."""
    if category is not None and len(category) > 128:
        raise InvalidArgument("The field Category must not be longer than 128 characters.")
    row = JobAttachment(
        id=clock.new_guid(), attachment_id=attachment.id, job_key=job.key, category=category,
        creation_time=now, creator_user_id=user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def of_job(session: Session, job_key: str) -> list[dict[str, Any]]:
    """The files of a job, in the names of the wire (JobAttachmentDto)."""
    rows = session.execute(
        sa.select(JobAttachment, Attachment.name)
        .join(Attachment, Attachment.id == JobAttachment.attachment_id)
        .where(JobAttachment.job_key == job_key)
        .order_by(JobAttachment.creation_time, JobAttachment.id)
    )
    return [members(row, name) for row, name in rows]


def members(row: JobAttachment, name: str) -> dict[str, Any]:
    return {
        "attachmentId": row.attachment_id,
        "jobKey": row.job_key,
        "category": row.category,
        "attachmentName": name,
        "creationTime": row.creation_time,
        "creatorUserId": row.creator_user_id,
        "id": row.id,
    }
