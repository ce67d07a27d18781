"""Seam's error answers."""

from typing import Any


class ApiError(Exception):
    """An answer with Seam's error envelope."""

    def __init__(
        self,
        status: int,
        error_type: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Keep what the envelope says."""
        super().__init__(message)
        self.status = status
        self.error = {"type": error_type, "message": message, **more}
        self.headers = headers or {}
