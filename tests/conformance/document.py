"""Seam's OpenAPI document, and what it says of requests and answers."""

from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.seam_sandbox import Recorded

DOCUMENT = Path(__file__).parent / "seam-openapi-locks.json"
_URI = "urn:seam"
# What an error answer holds; the document gives only its statuses.
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["error", "ok"],
    "properties": {
        "ok": {"type": "boolean", "enum": [False]},
        "error": {
            "type": "object",
            "required": ["type", "message", "request_id"],
            "properties": {
                "type": {"type": "string"},
                "message": {"type": "string"},
                "request_id": {"type": "string"},
                "validation_errors": {"type": "object"},
            },
        },
    },
}
# Statuses that the sandbox answers with an error envelope; the document lists
# 400 and 401 only, but Seam answers with the others too (seam-api.md, section 1).
ERROR_STATUSES = frozenset({400, 401, 404, 405, 429})


def _without_discriminators(node: Any) -> Any:
    """Leave out `discriminator` where the variants stand inline.

    OpenAPI allows it only between references; a validator would look for a
    schema named like each value, and there is none. `oneOf` decides as well.
    """
    if isinstance(node, dict):
        inline = "discriminator" in node and not any(
            "$ref" in variant for variant in node.get("oneOf", [])
        )
        return {
            name: _without_discriminators(value)
            for name, value in node.items()
            if not (inline and name == "discriminator")
        }
    if isinstance(node, list):
        return [_without_discriminators(value) for value in node]
    return node


@cache
def load() -> dict[str, Any]:
    """Return the document."""
    document: dict[str, Any] = _without_discriminators(
        json.loads(DOCUMENT.read_bytes())
    )
    return document


@cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(load(), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    return registry


@cache
def _validator(pointer: str, *, formats: bool = True) -> OAS30Validator:
    return OAS30Validator(
        {"$ref": f"{_URI}#{pointer}"},
        registry=_registry(),
        format_checker=oas30_format_checker if formats else None,
    )


_ERRORS = OAS30Validator(ERROR_SCHEMA)


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _words(error: ValidationError) -> str:
    """Say where something is wrong, as deep as can be told."""
    while error.context:
        # Of many variants, the one that was understood best.
        error = max(error.context, key=lambda one: len(one.absolute_path))
    where = "/".join(str(part) for part in error.absolute_path) or "the whole"
    return f"{where}: {error.message[:300]}"


def schema_problems(name: str, value: Any) -> list[str]:
    """Return what is wrong with a resource, such as an `event`."""
    validator = _validator(_pointer("components", "schemas", name))
    return [_words(error) for error in validator.iter_errors(value)]


def request_problems(
    path: str, method: str, body: Any, *, formats: bool = True
) -> list[str]:
    """Return what is wrong with a request.

    Args:
        path: of the API.
        method: of HTTP.
        body: the parameters; an empty object when there were none.
        formats: check also whether uuids are uuids, and times are times.
    """
    operation = load()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return [f"{method} {path} is not documented"]
    place = ("requestBody", "content", "application/json", "schema")
    schema: Any = operation
    for name in place:
        schema = schema.get(name)
        if schema is None:
            return [f"{path} takes no parameters"] if body else []
    unknown = body.keys() - schema.get("properties", {}).keys()
    problems = [f"{name} is not documented" for name in sorted(unknown)]
    validator = _validator(
        _pointer("paths", path, method.lower(), *place), formats=formats
    )
    return problems + [_words(error) for error in validator.iter_errors(body)]


def answer_problems(path: str, method: str, status: int, answer: Any) -> list[str]:
    """Return what is wrong with an answer."""
    if status in ERROR_STATUSES:
        return [_words(error) for error in _ERRORS.iter_errors(answer)]
    place = ("responses", str(status), "content", "application/json", "schema")
    where = ("paths", path, method.lower())
    schema: Any = load()
    for name in (*where, *place):
        schema = schema.get(name)
        if schema is None:
            return [f"{method} {path} with status {status} is not documented"]
    validator = _validator(_pointer(*where, *place))
    return [_words(error) for error in validator.iter_errors(answer)]


class Recorder:
    """Holds all requests and answers against the document.

    Attributes:
        paths: that were asked.
        problems: what was wrong.
    """

    def __init__(self, *, formats: bool = True, answers: bool = True) -> None:
        """Start with nothing wrong.

        Args:
            formats: check also whether uuids are uuids, and times are times.
            answers: check the answers too.
        """
        self._formats = formats
        self._answers = answers
        self._seen: set[tuple[str, str, int | None, bytes]] = set()
        self.paths: set[str] = set()
        self.problems: list[str] = []

    def __call__(self, recorded: Recorded, raw: bytes) -> None:
        """Take in what a sandbox was asked, and how it answered."""
        self.take(
            recorded.path,
            recorded.method,
            recorded.body,
            recorded.answer.status,
            None if recorded.answer.faulty else raw,
        )

    def take(
        self, path: str, method: str, body: Any, status: int | None, raw: bytes | None
    ) -> None:
        """Take in a request and its answer; None: no answer to judge."""
        self.paths.add(path)
        problems = request_problems(path, method, body, formats=self._formats)
        self._note("request", path, problems)
        if raw is None or status is None or not self._answers:
            return
        key = (path, method, status, raw)
        if key in self._seen:
            return
        self._seen.add(key)
        problems = answer_problems(path, method, status, json.loads(raw))
        self._note("answer", path, problems)

    def _note(self, what: str, path: str, problems: list[str]) -> None:
        self.problems += [f"{what} of {path}: {problem}" for problem in problems]

    def check(self) -> None:
        """Fail if anything was wrong, or nothing was recorded at all."""
        assert self.paths, "nothing was recorded"
        assert not self.problems, "\n".join(self.problems)


def event_variants() -> Iterator[str]:
    """Go through all event types that the document knows."""
    for variant in load()["components"]["schemas"]["event"]["oneOf"]:
        yield from variant["properties"]["event_type"]["enum"]
