"""Files that come as a form (multipart/form-data), a piece at a time: none is held in memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from concertmaster.domain.errors import InvalidRequest

#: The most files that one form may bring, and the most parts in all.
MOST, MOST_PARTS = 10, 100
#: Bytes that are read at a time, and those of a part beyond which it goes to the disk.
PIECE, SPOOLED = 256 * 1024, 1024 * 1024


@dataclass
class Upload:
    """One part of a form."""

    field: str
    name: str | None  #: of the file, as the sender calls it; None for a plain value
    content: BinaryIO  #: at its beginning; closed with the form


@contextmanager
def files(body: BinaryIO, media_type: str) -> Iterator[list[Upload]]:
    """The files of a form. Raises InvalidRequest where there is none, or no form."""
    with parts(body, media_type) as every:
        found = [part for part in every if part.name is not None]
        if not found:
            raise InvalidRequest("The request has no file.")
        if len(found) > MOST:
            raise InvalidRequest(f"A request may bring {MOST} files at most.")
        yield found


@contextmanager
def parts(body: BinaryIO, media_type: str) -> Iterator[list[Upload]]:
    """All parts of a form. Raises InvalidRequest where it is none."""
    kind, options = parse_options_header(media_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidRequest("A form with a file is expected (multipart/form-data).")
    with ExitStack() as opened:
        reader = _Reader(opened)
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": reader.begin,
                    "on_header_field": reader.header_name,
                    "on_header_value": reader.header_value,
                    "on_header_end": reader.header_end,
                    "on_part_data": reader.data,
                    "on_part_end": reader.end,
                },
            )
            while piece := body.read(PIECE):
                parser.write(piece)
            parser.finalize()
        except FormParserError as error:
            raise InvalidRequest("The form cannot be read.") from error
        yield reader.found


class _Reader:
    """Collects what the parser calls out."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        self.found: list[Upload] = []

    def begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        if len(self.found) >= MOST_PARTS:
            raise InvalidRequest(f"A form may have {MOST_PARTS} parts at most.")
        file = SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - closed with the form
        self._content = cast("BinaryIO", self._opened.enter_context(file))

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content.write(data[start:end])

    def end(self) -> None:
        _, told = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = told.get(b"filename")
        self._content.seek(0)
        self.found.append(
            Upload(
                told.get(b"name", b"").decode("utf-8", "replace"),
                None if name is None else name.decode("utf-8", "replace"),
                self._content,
            )
        )
