"""Files that come as a form (multipart/form-data), read from the bytes of a request."""

from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from concertmaster.domain.errors import InvalidRequest

#: The most files that one form may bring.
MOST = 10


@dataclass
class Upload:
    """One part of a form."""

    field: str
    name: str | None  #: of the file, as the sender calls it; None for a plain value
    content: bytes


def files(body: bytes, media_type: str) -> list[Upload]:
    """The files of a form. Raises InvalidRequest where there is none, or no form."""
    found = [part for part in parts(body, media_type) if part.name is not None]
    if not found:
        raise InvalidRequest("The request has no file.")
    if len(found) > MOST:
        raise InvalidRequest(f"A request may bring {MOST} files at most.")
    return found


def parts(body: bytes, media_type: str) -> list[Upload]:
    """All parts of a form. Raises InvalidRequest where it is none."""
    kind, options = parse_options_header(media_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidRequest("A form with a file is expected (multipart/form-data).")
    reader = _Reader()
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
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise InvalidRequest("The form cannot be read.") from error
    return reader.found


class _Reader:
    """Collects what the parser calls out."""

    def __init__(self) -> None:
        self.found: list[Upload] = []

    def begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._content = bytearray()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def end(self) -> None:
        _, told = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = told.get(b"filename")
        self.found.append(
            Upload(
                told.get(b"name", b"").decode("utf-8", "replace"),
                None if name is None else name.decode("utf-8", "replace"),
                bytes(self._content),
            )
        )
