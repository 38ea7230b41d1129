"""Bodies that are sent piece by piece: a form with one file, as multipart/form-data (RFC 7578)."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Protocol

from integrations.contract.http import OutgoingFile

PIECE_BYTES = 64 * 1024
QUOTED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""How browsers write these in names, so that a file's name cannot add a header."""


class Pieces(Protocol):
    """A body that is read piece by piece while it is sent; its length is known before."""

    content_type: str

    def __iter__(self) -> Iterator[bytes]: ...

    def __len__(self) -> int: ...


Payload = bytes | Pieces | None


class FileChanged(OSError):
    """The file is not as long as it was said to be: the request breaks off."""


class Multipart:
    """Text fields, then one file under the part name `part`. Its content never stands in memory as a whole."""

    def __init__(self, fields: Mapping[str, str], part: str, file: OutgoingFile) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._file = file
        opening = f"--{boundary}\r\nContent-Disposition: form-data; "
        head = "".join(f'{opening}name="{name.translate(QUOTED)}"\r\n\r\n{text}\r\n' for name, text in fields.items())
        kind = file.content_type if file.content_type.isprintable() else "application/octet-stream"
        about = f'name="{part.translate(QUOTED)}"; filename="{file.name.translate(QUOTED)}"'
        head += f"{opening}{about}\r\nContent-Type: {kind}\r\n\r\n"
        self._head, self._tail = head.encode(), f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self._file.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        left = self._file.size
        with self._file.open() as content:
            while piece := content.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        if left:
            raise FileChanged("the file changed while it was sent")
        yield self._tail
