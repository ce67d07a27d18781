"""Texts: all that the code uses are there, no others, and a person can read them.

The rules are those of Home Assistant's own check, which runs only on the outside.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import product
import json
from pathlib import Path
import re
from string import Formatter
from types import ModuleType
from typing import Any

from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.typing import UNDEFINED
import pytest
import voluptuous as vol

from custom_components.seam import PLATFORMS
from custom_components.seam.api import USABLE_KINDS, CredentialKind

PRODUCT = Path(__file__).parent.parent / "custom_components" / "seam"
TEXTS: dict[str, Any] = json.loads(
    (PRODUCT / "translations" / "en.json").read_text(encoding="utf-8")
)
ICONS: dict[str, Any] = json.loads((PRODUCT / "icons.json").read_text(encoding="utf-8"))
CONFIG, OPTIONS = TEXTS["config"], TEXTS["options"]


# -- the code, as a tree


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PRODUCT / f"{name}.py").read_text(encoding="utf-8"))


def module(name: str) -> ModuleType:
    path = ["custom_components", "seam", *name.split("/")]
    return import_module(".".join(path).removesuffix(".__init__"))


MODULES = sorted(
    str(path.relative_to(PRODUCT).with_suffix(""))
    for path in PRODUCT.rglob("*.py")
    if path.parent.name != "api"
)


def calls(name: str, *called: str) -> Iterator[ast.Call]:
    """Yield the calls in a module, of the given names if there are any."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and (
            not called or ast.unparse(node.func).rpartition(".")[2] in called
        ):
            yield node


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def words(name: str) -> set[str]:
    """Return all strings in a module that may be a key."""
    return {
        node.value
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z][a-z0-9_]*", node.value)
    }


@cache
def unknown(where: str) -> frozenset[str]:
    """Return what a name that is not followed up may stand for."""
    found = words(where)
    for node in ast.walk(tree(where)):
        if isinstance(node, ast.JoinedStr):
            parts = [
                {part.value} if isinstance(part, ast.Constant) else found
                for part in node.values
            ]
            found = found | {"".join(map(str, made)) for made in product(*parts)}
    return frozenset(found)


def assigned(name: str, where: str) -> list[ast.expr]:
    """Return all that a module assigns to a name."""
    found: list[ast.expr] = []
    for node in ast.walk(tree(where)):
        if not isinstance(node, ast.Assign):
            continue
        match node.targets[0], node.value:
            case ast.Name(id=target), value if target == name:
                found.append(value)
            case ast.Tuple(elts=targets), ast.Tuple(elts=values):
                found += [
                    value
                    for target, value in zip(targets, values, strict=True)
                    if isinstance(target, ast.Name) and target.id == name
                ]
    return found


def may_be(node: ast.expr, where: str) -> tuple[set[str], bool]:
    """Return what an expression may be, and whether that is certain."""
    match node:
        case ast.Constant(value=str(value)):
            return {value}, True
        case ast.IfExp(body=body, orelse=orelse):
            first, second = may_be(body, where), may_be(orelse, where)
            return first[0] | second[0], first[1] and second[1]
        case ast.Name(id=name) if isinstance(getattr(module(where), name, None), str):
            return {getattr(module(where), name)}, True
        case ast.Name(id=name) if values := assigned(name, where):
            found = [may_be(value, where) for value in values]
            return set().union(*(one[0] for one in found)), all(one[1] for one in found)
        case ast.FormattedValue(value=value):
            return may_be(value, where)
        case ast.JoinedStr(values=values):
            parts = [may_be(value, where) for value in values]
            joined = {"".join(found) for found in product(*(part[0] for part in parts))}
            return joined, all(part[1] for part in parts)
    return set(unknown(where)), False


# -- the form that Home Assistant wants

PLACEHOLDER_IN_QUOTES = re.compile(r"'{\w+}'")
URL = re.compile(r"(\w+://|www\.)\w+", re.IGNORECASE)
HTML = re.compile(r"<[a-z/!]", re.IGNORECASE)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def text(value: object) -> str:
    if not isinstance(value, str) or not value or value != value.strip():
        raise vol.Invalid(f"no text, or with spaces around it: {value!r}")
    if URL.search(value) or HTML.search(value) or "[%" in value:
        raise vol.Invalid(f"an address, HTML or a reference in: {value}")
    if PLACEHOLDER_IN_QUOTES.search(value):
        raise vol.Invalid(f"a placeholder in quotes: {value}")
    if not all(name.isidentifier() for name in placeholders(value)):
        raise vol.Invalid(f"a bad placeholder: {value}")
    return value


def plain(value: object) -> str:
    if placeholders(text(value)):
        raise vol.Invalid(f"a placeholder where none is filled in: {value}")
    return text(value)


def key(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(
        r"[a-z0-9]+(?:[-_][a-z0-9]+)*", value
    ):
        raise vol.Invalid(f"no key: {value}")
    return value


FIELDS: dict[Any, Any] = {
    vol.Optional("data"): {key: text},
    vol.Optional("data_description"): {key: text},
    vol.Optional("description"): text,
}
STEPS: dict[Any, Any] = {
    key: {
        vol.Required("title"): text,
        **FIELDS,
        vol.Optional("sections"): {key: {vol.Required("name"): text, **FIELDS}},
    }
}
STATES: dict[Any, Any] = {key: plain}
ENTITY: dict[Any, Any] = {
    vol.Optional("name"): text,
    vol.Optional("state"): STATES,
    vol.Optional("state_attributes"): {
        key: {vol.Optional("name"): plain, vol.Optional("state"): STATES}
    },
}
SCHEMA = vol.Schema(
    {
        vol.Required("config"): {
            vol.Required("step"): STEPS,
            vol.Required("error"): {key: text},
            vol.Required("abort"): {key: text},
        },
        vol.Required("options"): {vol.Required("step"): STEPS},
        vol.Required("entity"): {key: {key: ENTITY}},
        vol.Required("exceptions"): {key: {vol.Required("message"): text}},
        vol.Required("issues"): {
            key: {vol.Required("title"): text, vol.Required("description"): text}
        },
        vol.Optional("services"): {
            key: {
                vol.Required("name"): text,
                vol.Required("description"): text,
                vol.Optional("fields"): {
                    key: {
                        vol.Required("name"): text,
                        vol.Required("description"): text,
                    }
                },
                vol.Optional("sections"): {
                    key: {
                        vol.Required("name"): text,
                        vol.Optional("description"): text,
                    }
                },
            }
        },
        vol.Optional("selector"): {key: {vol.Required("options"): {key: text}}},
        vol.Optional("system_health"): {vol.Required("info"): {key: text}},
        vol.Optional("device"): {key: {vol.Required("name"): text}},
        vol.Optional("common"): {key: text},
    }
)


def test_form() -> None:
    SCHEMA(TEXTS)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " spaces",
        "See https://example.com",
        "See www.example.com",
        "<b>bold</b>",
        "[%key:common::x%]",
        "The '{name}'",
        "The {0}",
        7,
    ],
)
def test_the_form_finds(bad: object) -> None:
    with pytest.raises(vol.Invalid):
        text(bad)


# -- flows

FLOWS = {"SeamConfigFlow": CONFIG, "SeamOptionsFlow": OPTIONS}


def flow_methods(flow: str) -> dict[str, ast.AST]:
    (found,) = (
        node
        for node in tree("config_flow").body
        if isinstance(node, ast.ClassDef) and node.name == flow
    )
    return {
        node.name: node
        for node in found.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("flow", FLOWS)
def test_steps(flow: str) -> None:
    steps = {
        name.removeprefix("async_step_")
        for name in flow_methods(flow)
        if name.startswith("async_step_")
    }
    # This one only leads on to the next.
    assert steps - {"reauth"} == set(FLOWS[flow]["step"])


def fields_in(node: ast.AST) -> set[str]:
    """Return the fields that a piece of code puts into a form."""
    return {
        value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in ("vol.Required", "vol.Optional")
        for value in may_be(call.args[0], "config_flow")[0]
    }


@pytest.mark.parametrize(
    ("flow", "step"),
    [(flow, step) for flow, texts in FLOWS.items() for step in texts["step"]],
)
def test_every_field_has_a_name_and_a_description(flow: str, step: str) -> None:
    code: ast.AST = flow_methods(flow)[f"async_step_{step}"]
    if not (wanted := fields_in(code)):  # a form that several steps share
        (code,) = (
            node
            for node in tree("config_flow").body
            if isinstance(node, ast.FunctionDef) and node.name == "_schema"
        )
        wanted = fields_in(code)
    texts = FLOWS[flow]["step"][step]
    named = set(texts["data"])
    assert set(texts["data_description"]) == named
    for section in texts.get("sections", {}).values():
        assert set(section["data_description"]) == set(section["data"])
        named |= set(section["data"])
    assert named | set(texts.get("sections", {})) == wanted


def test_errors_of_the_flow() -> None:
    used = {
        node.value.value
        for node in ast.walk(tree("config_flow"))
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]).startswith("errors[")
        and isinstance(node.value, ast.Constant)
    }
    for call in calls("config_flow", "_RefusedError"):
        used |= may_be(call.args[0], "config_flow")[0]
    (error_key,) = (
        node
        for node in ast.walk(tree("exceptions"))
        if isinstance(node, ast.FunctionDef) and node.name == "error_key"
    )
    used |= {
        node.value.value
        for node in ast.walk(error_key)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant)
    }
    used |= {f"wrong_kind_{kind}" for kind in set(CredentialKind) - USABLE_KINDS}
    assert used == set(CONFIG["error"])


def test_aborts_of_the_flow() -> None:
    used: set[str] = set()
    for call in calls("config_flow"):
        if (reason := keyword(call, "reason")) is not None:
            used |= may_be(reason, "config_flow")[0]
    if any(calls("config_flow", "_abort_if_unique_id_configured")):
        used.add("already_configured")
    assert used == set(CONFIG["abort"])


# -- entities


def descriptions(platform: str) -> list[EntityDescription]:
    found: list[EntityDescription] = []
    for value in vars(module(platform)).values():
        members = value if isinstance(value, tuple) else (value,)
        # Home Assistant builds some in a way that isinstance does not see.
        found += [
            member
            for member in members
            if hasattr(member, "entity_registry_enabled_default")
            and not isinstance(member, type)
        ]
    return found


ENTITIES = [
    (platform.value, described)
    for platform in PLATFORMS
    for described in descriptions(platform.value)
]
every_entity = pytest.mark.parametrize(
    ("platform", "described"),
    ENTITIES,
    ids=[f"{platform}-{described.key}" for platform, described in ENTITIES],
)


def test_there_are_entities_of_every_platform() -> None:
    assert {platform for platform, _ in ENTITIES} == {str(name) for name in PLATFORMS}


@every_entity
def test_every_entity_has_a_name(platform: str, described: EntityDescription) -> None:
    if described.name is None:  # the main one, named like its device
        return
    assert described.name is UNDEFINED, "a name belongs in the translations"
    if described.translation_key is None:
        assert described.device_class is not None
    else:
        assert TEXTS["entity"][platform][described.translation_key]["name"]


@every_entity
def test_every_state_has_a_text(platform: str, described: EntityDescription) -> None:
    texts = TEXTS["entity"].get(platform, {}).get(described.translation_key, {})
    if options := getattr(described, "options", None):
        assert set(texts["state"]) == set(options)
    else:
        assert "state" not in texts
    if event_types := getattr(described, "event_types", None):
        states = texts["state_attributes"]["event_type"]["state"]
        assert set(states) == set(event_types)


def test_no_entity_has_texts_or_icons_in_vain() -> None:
    used: dict[str, set[str]] = {}
    for platform, described in ENTITIES:
        if described.translation_key is not None:
            used.setdefault(platform, set()).add(described.translation_key)
    assert {name: set(texts) for name, texts in TEXTS["entity"].items()} == used
    for platform, icons in ICONS["entity"].items():
        assert set(icons) <= used[platform]
        for name, icon in icons.items():
            states = TEXTS["entity"][platform][name].get("state", {})
            assert set(icon.get("state", {})) <= set(states)


@every_entity
def test_what_no_device_class_draws_has_an_icon(
    platform: str, described: EntityDescription
) -> None:
    if described.device_class is None and platform != "lock":
        assert ICONS["entity"][platform][described.translation_key]["default"]


def test_attributes_that_are_told_have_names() -> None:
    given = [call.args[1] for call in calls("event", "_trigger_event")]
    texts = TEXTS["entity"]["event"]
    told = {
        frozenset(may.value for may in one.keys if isinstance(may, ast.Constant))
        for one in given
        if isinstance(one, ast.Dict)
    }
    assert len(given) == len(told) == len(texts)
    assert told == {
        frozenset(set(named["state_attributes"]) - {"event_type"})
        for named in texts.values()
    }


def test_what_happened_is_said_in_the_same_words() -> None:
    texts = TEXTS["entity"]["event"]["activity"]["state_attributes"]
    types = texts["event_type"]["state"]
    assert texts["activity"]["state"] == {
        kind: word for kind, word in types.items() if kind != "reported_late"
    }


# -- exceptions and issues

# What is always said without a reason.
NO_REASON = {"gone_because", "cannot_lock_because", "cannot_unlock_because"}


def exception_calls() -> Iterator[tuple[str, ast.Call, ast.expr]]:
    for name in MODULES:
        for call in calls(name):
            found = keyword(call, "translation_key")
            if found is not None and keyword(call, "translation_domain") is not None:
                yield name, call, found


def commands_that_end() -> Iterator[tuple[str, set[str]]]:
    """Yield why a command ends, and the placeholders that are filled in for it."""
    for name in ("lock_state/commands", "exceptions"):
        for call in calls(name, "outcome_error"):
            given = {"name", *(str(keyword.arg) for keyword in call.keywords)} - {
                "lock"
            }
            for why in may_be(call.args[0], name)[0]:
                yield why, given


def test_every_exception_has_a_text_and_no_text_is_in_vain() -> None:
    texts = set(TEXTS["exceptions"])
    possible: set[str] = set()
    for name, _, found in exception_calls():
        keys, certain = may_be(found, name)
        possible |= keys
        if certain:
            assert keys - NO_REASON <= texts
    for why, _ in commands_that_end():
        assert {f"lock_{why}", f"unlock_{why}"} <= texts
        possible |= {f"lock_{why}", f"unlock_{why}"}
    for name in MODULES:
        for call in calls(name, "PushError"):
            keys, _ = may_be(call.args[0], name)
            assert keys <= texts
            possible |= keys
    assert texts <= possible


def test_no_exception_is_raised_without_a_text() -> None:
    told = {"HomeAssistantError", "ServiceValidationError", "UpdateFailed"}
    told |= {"ConfigEntryAuthFailed", "ConfigEntryNotReady", "ConfigEntryError"}
    for name in MODULES:
        for call in calls(name, *told):
            assert keyword(call, "translation_key") is not None, ast.unparse(call)
            assert not call.args, "a message would hide the translation"


def test_placeholders_of_exceptions_are_filled_in() -> None:
    texts = TEXTS["exceptions"]
    checked = 0
    for name, call, found in exception_calls():
        keys, certain = may_be(found, name)
        given = keyword(call, "translation_placeholders")
        if not certain or not isinstance(given, ast.Dict | None):
            continue
        filled = {
            may.value
            for may in (given.keys if given is not None else ())
            if isinstance(may, ast.Constant)
        }
        for one in keys & set(texts):
            assert placeholders(texts[one]["message"]) <= filled
            checked += 1
    assert checked
    for why, given_names in commands_that_end():
        for verb in ("lock", "unlock"):
            assert placeholders(texts[f"{verb}_{why}"]["message"]) <= given_names


def test_what_is_said_with_a_reason_is_also_said_without() -> None:
    texts = TEXTS["exceptions"]
    with_reason = {name for name in texts if name.endswith("_because")}
    assert with_reason
    for name in with_reason:
        assert "reason" in placeholders(texts[name]["message"])
        message = texts[name.removesuffix("_because")]["message"]
        assert placeholders(message) == {"name"}


def test_issues() -> None:
    used: set[str] = set()
    for name in MODULES:
        for call in calls(name, "async_create_issue"):
            found = keyword(call, "translation_key")
            assert found is not None
            keys, certain = may_be(found, name)
            assert certain
            used |= keys
            given = keyword(call, "translation_placeholders")
            told = {
                may.value
                for may in (given.keys if isinstance(given, ast.Dict) else ())
                if isinstance(may, ast.Constant)
            }
            for one in keys:
                for said in TEXTS["issues"][one].values():
                    assert placeholders(said) <= told
    assert used == set(TEXTS["issues"])


def test_notices() -> None:
    """What a notice says stands in the texts, and nothing there is in vain."""
    used: set[str] = set()
    for name in MODULES:
        for call in calls(name, "say"):
            keys, certain = may_be(call.args[0], name)
            assert certain
            used |= keys
            given = {str(one.arg) for one in call.keywords}
            for one in keys:
                assert placeholders(TEXTS["common"][one]) == given
    assert used == set(TEXTS["common"])


# -- words


def all_texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from all_texts(inner, f"{path}.{name}")
    elif isinstance(value, str):
        yield path, value


@pytest.mark.parametrize(("path", "said"), list(all_texts(TEXTS)))
def test_no_words_of_programmers(path: str, said: str) -> None:
    """What a person reads has no words that only a programmer knows."""
    said = said.replace("API key", "").replace("API Keys", "")
    jargon = re.search(
        r"action.attempt|endpoint|webhook|cloudhook|payload|\bAPI\b|JSON"
        r"|(?-i:HTTP)|\b[45]\d\d\b|device_id|coordinator|exception|invalid|\bnull\b"
        r"|config entry|please|!",
        said,
        re.IGNORECASE,
    )
    assert jargon is None, path
    # Only where another server can be entered is there talk of one.
    if re.search(r"\bserver\b", said, re.IGNORECASE):
        assert "advanced" in path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (path, said)
        for path, said in all_texts(TEXTS)
        if path.rpartition(".")[2] in ("description", "message")
        or ".error." in path
        or ".abort." in path
        or ".data_description." in path
    ],
)
def test_whole_sentences(path: str, said: str) -> None:
    assert said[0].isupper() or said.startswith("{"), path
    assert said.endswith((".", "}")), path
