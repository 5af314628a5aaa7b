"""Logs as JSON, a line an event; nothing that a request says is in them but its path and its size."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

LOG = logging.getLogger("kgmner.service")


class JsonLines(logging.Formatter):
    """A record as a line of JSON. Of an exception its kind and where it came from: its message may quote a post."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)[-5:]
            line["error"] = type(error).__name__
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line | {"process": record.process})


def log_settings(*, quiet: bool) -> dict[str, Any]:
    """The settings for `logging.config.dictConfig`, of our logs and uvicorn's."""
    level = "WARNING" if quiet else "INFO"
    loggers = {name: {"handlers": ["lines"], "level": level, "propagate": False} for name in (LOG.name, "uvicorn")}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "kgmner.service.logs.JsonLines"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": loggers,
    }
