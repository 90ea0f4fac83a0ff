"""A bound on the size of uploads, checked before any of it is read."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler

#: Three pictures of 5 MB, the message, and the multipart encoding.
MAX_BYTES = 16 * 1024 * 1024


class BoundedUpload(FileUploadHandler):
    """Refuses a body whose declared length is bigger; the server reads no more than declared."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Raises BadRequest, with a message for the person."""
        if content_length > MAX_BYTES:
            raise BadRequest("A form may bring 16 MB in all. Nothing was kept: send smaller pictures, or fewer.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
