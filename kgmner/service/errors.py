"""What the service cannot do: one form for every error, with the value, what was expected, and the fix."""

from typing import Any


class ServiceError(Exception):
    """A request, or a post of it, that is not answered with a result.

    Args:
        status: The HTTP status.
        value: What was given; its beginning.
        expected: What was expected in its place.
        fix: What to do now.
        retry_after_s: When to ask again; None where the same request never succeeds.
    """

    def __init__(self, status: int, value: str, expected: str, fix: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(status)  # no value: what is raised is logged, and posts are not
        self.status = status
        self.value = value[:200]
        self.expected = expected
        self.fix = fix
        self.headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}

    def to_json(self) -> dict[str, Any]:
        """The error as every answer has it."""
        said = {"status": self.status, "value": self.value, "expected": self.expected, "fix": self.fix}
        return {"error": said}


def too_large(size: str, limit: str, fix: str) -> ServiceError:
    """More was sent than a limit allows."""
    return ServiceError(413, size, f"at most {limit}", fix)
