"""Errors raised by the Seam client.

Every error carries what a person needs to find the cause: the HTTP status,
Seam's error type, Seam's message and the request id. None carries the key.
"""

from typing import override


class SeamError(Exception):
    """Base of everything the client raises.

    Attributes:
        message: plain text, safe to show; never holds the API key.
        status: HTTP status, or None when no answer arrived.
        error_type: Seam's `error.type`, or None when the answer was not Seam's.
        request_id: Seam's id of the request (header first), or None.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        error_type: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Keep the facts of one failed request."""
        super().__init__(message)
        self.message = message
        self.status = status
        self.error_type = error_type
        self.request_id = request_id

    @override
    def __str__(self) -> str:
        """Return the message followed by the facts that are known."""
        facts = [
            str(fact)
            for fact in (self.status, self.error_type, self.request_id)
            if fact is not None
        ]
        return f"{self.message} ({', '.join(facts)})" if facts else self.message


class SeamConnectionError(SeamError):
    """No answer: name not found, refused, reset, TLS."""


class SeamTimeoutError(SeamConnectionError):
    """No answer in time. The request may have reached Seam."""


class SeamResponseError(SeamError):
    """An answer that is not Seam's: HTML, text, or JSON without its envelope."""


class SeamServerError(SeamError):
    """Seam answered 5xx."""


class SeamCredentialsError(SeamError):
    """The key is wrong, revoked or of the wrong kind (401, 403)."""


class SeamNotFoundError(SeamError):
    """Seam has no such thing in this workspace (404)."""


class SeamInputError(SeamError):
    """Seam refused the request as it was put (other 4xx).

    The message already includes the validation tree as one sentence.
    """


class SeamRateLimitError(SeamError):
    """Too many requests (429).

    Attributes:
        retry_after: seconds to wait as Seam asked, or None when it did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        error_type: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Keep the facts and the wait that Seam asked for."""
        super().__init__(
            message, status=status, error_type=error_type, request_id=request_id
        )
        self.retry_after = retry_after
