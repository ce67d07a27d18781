"""The files that Home Assistant, HACS and readers look at, by the rules they have.

Home Assistant's own check (hassfest) and HACS's run only on the outside.
"""

import ast
from collections.abc import Callable
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any

import hass_frontend
from homeassistant import components
from homeassistant.components.brands.const import ALLOWED_IMAGES
from homeassistant.const import Platform
from PIL import Image
import pytest
import voluptuous as vol
import yaml

from custom_components.seam import PLATFORMS, coordinator
from custom_components.seam.api import client
from custom_components.seam.events import narrator, poller
from custom_components.seam.lock_state import (
    command,
    commands,
    doubt,
    evidence,
    reread,
    states,
)
from custom_components.seam.push import health

ROOT = Path(__file__).parent.parent
PRODUCT = ROOT / "custom_components" / "seam"
CORE = Path(components.__path__[0])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PRODUCT / name).read_text(encoding="utf-8"))
    return loaded


MANIFEST, ICONS, TEXTS = (
    load("manifest.json"),
    load("icons.json"),
    load("translations/en.json"),
)
SOURCES = {
    str(path.relative_to(PRODUCT)): path.read_text(encoding="utf-8")
    for path in PRODUCT.rglob("*.py")
}
SOURCE = "\n".join(SOURCES.values())


# -- manifest.json


def test_manifest() -> None:
    vol.Schema(
        {
            vol.Required("domain"): "seam",
            vol.Required("name"): "Seam",
            vol.Required("after_dependencies"): [str],
            vol.Required("codeowners"): vol.All(
                [vol.Match(r"@[\w-]+$")], vol.Length(1)
            ),
            vol.Required("config_flow"): True,
            vol.Required("dependencies"): [str],
            vol.Required("documentation"): vol.Match(r"https://github\.com/"),
            vol.Required("integration_type"): "hub",
            vol.Required("iot_class"): "cloud_push",
            vol.Required("issue_tracker"): vol.Match(r"https://github\.com/.+/issues$"),
            vol.Required("loggers"): ["custom_components.seam"],
            vol.Required("quality_scale"): vol.In(TIERS),
            vol.Required("requirements"): [],
            vol.Required("version"): vol.Match(r"\d+\.\d+\.\d+$"),
        }
    )(MANIFEST)


def test_no_integration_of_home_assistant_has_our_name() -> None:
    assert not (CORE / MANIFEST["domain"]).exists()


# Of these, things may be imported without a word in the manifest.
FREE = {
    "automation",
    "conversation",
    "frontend",
    "homeassistant",
    "persistent_notification",
    "script",
    "system_health",
    "webhook",
    "websocket_api",
    *(str(platform) for platform in Platform),
}


def test_what_is_imported_is_in_the_manifest() -> None:
    imported: set[str] = set()
    for source in SOURCES.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                package, _, rest = node.module.partition("homeassistant.components")
                if package or not node.module.startswith("homeassistant.components"):
                    continue
                if rest:
                    imported.add(rest.split(".")[1])
                else:
                    imported |= {name.name for name in node.names}
    # A file of ours with the name of an integration is loaded by that one.
    imported -= FREE | {path.stem for path in PRODUCT.glob("*.py")}
    named = set(MANIFEST["dependencies"]) | set(MANIFEST["after_dependencies"])
    assert imported <= named
    assert all((CORE / name).is_dir() for name in named)


# -- icons.json


def test_icons() -> None:
    key = vol.Match(r"[a-z0-9]+(?:_[a-z0-9]+)*$")
    icon = vol.Match(r"mdi:[a-z0-9-]+$")
    states: dict[Any, Any] = {key: icon}
    drawn: dict[Any, Any] = {
        vol.Optional("default"): icon,
        vol.Optional("state"): states,
        vol.Optional("state_attributes"): {
            key: {vol.Required("default"): icon, vol.Optional("state"): states}
        },
    }
    entity: dict[Any, Any] = {vol.In([str(name) for name in PLATFORMS]): {key: drawn}}
    services: dict[Any, Any] = {key: {vol.Required("service"): icon}}
    vol.Schema({vol.Required("entity"): entity, vol.Optional("services"): services})(
        ICONS
    )


def test_every_icon_exists() -> None:
    folder = Path(hass_frontend.where()) / "static" / "mdi"
    known = {
        icon["name"]
        for icon in json.loads((folder / "iconList.json").read_text(encoding="utf-8"))
    }
    used = set(re.findall(r"mdi:([a-z0-9-]+)", json.dumps(ICONS) + SOURCE))
    assert used
    assert used <= known


# -- services.yaml: as soon as there is one, it is complete


def test_actions_have_names_icons_and_a_place_in_the_readme() -> None:
    path = PRODUCT / "services.yaml"
    actions = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    assert set(actions) == set(TEXTS.get("services", {}))
    assert set(actions) == set(ICONS.get("services", {}))
    for name, action in actions.items():
        fields = set((action or {}).get("fields", {}))
        assert set(TEXTS["services"][name].get("fields", {})) == fields
        assert f"seam.{name}" in README


# -- quality_scale.yaml

TIERS = {
    "bronze": [
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow",
        "config-flow-test-coverage",
        "dependency-transparency",
        "docs-actions",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "docs-triggers",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ],
    "silver": [
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ],
    "gold": [
        "devices",
        "diagnostics",
        "discovery",
        "discovery-update-info",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ],
    "platinum": ["async-dependency", "inject-websession", "strict-typing"],
}


def scale(path: Path) -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    return rules


RULES = scale(PRODUCT / "quality_scale.yaml")


def status(rule: str) -> str:
    found = RULES[rule]
    return str(found if isinstance(found, str) else found["status"])


def test_all_rules_are_there_in_their_order() -> None:
    assert list(RULES) == [rule for rules in TIERS.values() for rule in rules]


def test_they_are_home_assistants_rules() -> None:
    """Its own integrations of the highest tier answer to all of them."""
    known: set[str] = set()
    for path in CORE.glob("*/quality_scale.yaml"):
        manifest = json.loads((path.parent / "manifest.json").read_text())
        if manifest.get("quality_scale") == "platinum":
            known |= set(scale(path))
    assert known == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_every_answer_has_its_form(rule: str) -> None:
    answer = RULES[rule]
    if answer in ("done", "todo"):
        return
    assert set(answer) == {"status", "comment"}
    assert answer["status"] in ("done", "todo", "exempt")
    assert len(answer["comment"]) > len("no reason")


def test_the_manifest_claims_no_more_than_is_done() -> None:
    for tier, rules in TIERS.items():
        assert not [rule for rule in rules if status(rule) == "todo"], tier
        if tier == MANIFEST["quality_scale"]:
            break


def has(name: str, *patterns: str) -> bool:
    source = SOURCES.get(name, "")
    return bool(source) and all(re.search(pattern, source) for pattern in patterns)


def every_platform(pattern: str) -> bool:
    return all(has(f"{name}.py", pattern) for name in PLATFORMS)


def heading(*words: str) -> bool:
    found = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    return all(word in found for word in words)


# What of the answers can be seen in the files.
DONE: dict[str, Callable[[], bool]] = {
    "appropriate-polling": lambda: has("coordinator.py", r"update_interval="),
    "brands": (PRODUCT / "brand" / "icon.png").exists,
    "common-modules": lambda: has("coordinator.py", ".") and has("entity.py", "."),
    "config-entry-unloading": lambda: has("__init__.py", r"def async_unload_entry"),
    "config-flow": lambda: has("config_flow.py", r"def async_step_user"),
    "devices": lambda: has("entity.py", r"DeviceInfo\(", "serial_number", "model"),
    "diagnostics": lambda: has(
        "diagnostics.py", r"def async_get_config_entry_diagnostics"
    ),
    "docs-configuration-parameters": lambda: all(
        name in README
        for step in TEXTS["options"]["step"].values()
        for name in step["data"].values()
    ),
    "docs-data-update": lambda: heading("How fast news arrives"),
    "docs-high-level-description": lambda: "seam.co" in README.split("\n## ")[0],
    "docs-installation-instructions": lambda: heading("Install", "Set up"),
    "docs-installation-parameters": lambda: all(
        f"| {name}" in README for name in ("API key", "Seam server URL")
    ),
    "docs-known-limitations": lambda: heading("Known limits"),
    "docs-removal-instructions": lambda: heading("Remove"),
    "docs-supported-devices": lambda: heading("Which locks"),
    "docs-supported-functions": lambda: heading("What you get"),
    "docs-troubleshooting": lambda: heading("When something is wrong"),
    "docs-use-cases": lambda: heading("What it is good for"),
    "dynamic-devices": lambda: has("entity.py", "async_add_locks_listener"),
    "entity-category": lambda: has("sensor.py", r"EntityCategory\.DIAGNOSTIC"),
    "entity-device-class": lambda: has("sensor.py", r"SensorDeviceClass\.BATTERY"),
    "entity-disabled-by-default": lambda: has(
        "sensor.py", "entity_registry_enabled_default=False"
    ),
    "entity-event-setup": lambda: has("event.py", r"def async_added_to_hass"),
    "entity-unavailable": lambda: has("entity.py", r"def available"),
    "entity-unique-id": lambda: has("entity.py", "_attr_unique_id"),
    "has-entity-name": lambda: has("entity.py", r"_attr_has_entity_name = True"),
    "icon-translations": lambda: bool(ICONS["entity"]) and "_attr_icon" not in SOURCE,
    "inject-websession": lambda: (
        "async_get_clientsession" in SOURCE and "ClientSession(" not in SOURCE
    ),
    "integration-owner": lambda: bool(MANIFEST["codeowners"]),
    "parallel-updates": lambda: every_platform(r"\nPARALLEL_UPDATES = \d"),
    "reauthentication-flow": lambda: has("config_flow.py", r"def async_step_reauth\("),
    "reconfiguration-flow": lambda: has(
        "config_flow.py", r"def async_step_reconfigure\("
    ),
    "repair-issues": lambda: "async_create_issue(" in SOURCE,
    "runtime-data": lambda: has("__init__.py", r"entry\.runtime_data = "),
    "stale-devices": lambda: has(
        "__init__.py", r"def async_remove_config_entry_device"
    ),
    "strict-typing": lambda: has("data.py", r"type SeamConfigEntry = "),
    "test-before-configure": lambda: has("config_flow.py", r"\.get_workspace\(\)"),
    "test-before-setup": lambda: has(
        "__init__.py", r"async_config_entry_first_refresh"
    ),
    "unique-config-entry": lambda: has(
        "config_flow.py", r"_abort_if_unique_id_configured"
    ),
}
EXEMPT: dict[str, Callable[[], bool]] = {
    "action-setup": lambda: "services.async_register" not in SOURCE,
    "async-dependency": lambda: not MANIFEST["requirements"],
    "dependency-transparency": lambda: not MANIFEST["requirements"],
    "discovery": lambda: not {"dhcp", "ssdp", "zeroconf", "usb"} & set(MANIFEST),
    "discovery-update-info": lambda: not {"dhcp", "ssdp", "zeroconf"} & set(MANIFEST),
    "docs-actions": lambda: not (PRODUCT / "services.yaml").exists(),
    "docs-conditions": lambda: not (PRODUCT / "condition.py").exists(),
    "docs-triggers": lambda: not (PRODUCT / "trigger.py").exists(),
}


@pytest.mark.parametrize("rule", RULES)
def test_what_is_claimed_can_be_seen(rule: str) -> None:
    answer = status(rule)
    if rule in EXEMPT:
        assert (answer == "exempt") == EXEMPT[rule]()
    else:
        assert answer != "exempt", "no reason can be seen"
    if answer == "done" and rule in DONE:
        assert DONE[rule]()


# -- brand images


def images() -> dict[str, Image.Image]:
    return {path.name: Image.open(path) for path in (PRODUCT / "brand").iterdir()}


def test_brand_images_are_all_there() -> None:
    found = set(images())
    assert found <= ALLOWED_IMAGES
    assert {"icon.png", "icon@2x.png", "logo.png", "logo@2x.png"} <= found
    assert {name.replace("@2x", "") for name in found if "@2x" in name} == {
        name for name in found if "@2x" not in name
    }


@pytest.mark.parametrize("name", sorted(images()))
def test_brand_image(name: str) -> None:
    image = images()[name]
    assert image.format == "PNG"
    assert image.mode == "RGBA"
    factor = 2 if "@2x" in name else 1
    if "icon" in name:
        assert image.size == (256 * factor, 256 * factor)
    else:
        assert 128 * factor <= min(image.size) <= 256 * factor
    # Nothing but the drawing: transparent around it, and no empty border.
    alpha = image.getchannel("A")
    assert alpha.getextrema() == (0, 255)
    box = alpha.getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert (top, bottom) == (0, image.height)
    assert left + image.width - right <= image.width / 8
    if factor == 2:
        small = images()[name.replace("@2x", "")]
        assert image.size == (2 * small.width, 2 * small.height)
    assert (PRODUCT / "brand" / name).stat().st_size < 50_000


# -- README.md


def test_readme_begins_with_what_it_is_and_two_commands() -> None:
    first_screen = README.split("\n## ")[0]
    for shown in (
        "Seam",
        "git clone https://github.com/",
        "script/demo",
        "script/test",
        "docs/images/demo.png",
    ):
        assert shown in first_screen
    assert first_screen.index("](#install)") < first_screen.index("script/demo")
    assert len(first_screen.splitlines()) < 25


def test_readme_tells_of_every_entity() -> None:
    names = [
        texts["name"]
        for kinds in TEXTS["entity"].values()
        for texts in kinds.values()
        if "name" in texts
    ]
    assert names
    told = README.replace("**", "").replace("*", "")
    assert not [name for name in names if name not in told]


def test_readme_tells_of_every_state_of_push_that_needs_help() -> None:
    states = TEXTS["entity"]["sensor"]["push"]["state"]
    for state in ("degraded", "no_address", "failed"):
        assert f"*{states[state]}*" in README


def anchors(markdown: str) -> set[str]:
    return {
        re.sub(r"[^\w -]", "", found.lower()).replace(" ", "-")
        for found in re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    }


PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "info.md",
    "docs/architecture.md",
    "docs/performance.md",
    "docs/seam-api.md",
)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    markdown = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)|src(?:set)?=\"([^\"]+)\"", markdown)
    for target in filter(None, (one or other for one, other in targets)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        if path:
            assert (page.parent / path).exists(), target
        if anchor:
            linked = page.parent / path if path else page
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


def requests_an_hour(lists: timedelta, events: float) -> float:
    """Return how often Seam is asked for devices and for events, in seconds."""
    return 3600 / lists.total_seconds() + 3600 / events


@pytest.mark.parametrize(
    ("told", "true"),
    [
        ("within about 20 seconds", coordinator.READ_INTERVAL.total_seconds() <= 20),
        (
            "within 5 minutes",
            coordinator.READ_INTERVAL_WITH_PUSH.total_seconds() == 300,
        ),
        ("within 1 minute", coordinator.READ_INTERVAL_UNSURE.total_seconds() == 60),
        ("after 30 seconds", commands.DEADLINE == 30),
        ("15 commands of a kind a minute", command.COMMANDS_A_MINUTE == 15),
        ("for 15 minutes", coordinator.GRACE == 900),
        ("half an hour", health.ISSUE_DELAY == 1800),
        ("above 500 locks", client.PAGE_LIMIT == 500),
        (
            "300 an hour",
            requests_an_hour(coordinator.READ_INTERVAL, poller.PACE_WITHOUT_PUSH)
            == 300,
        ),
        (
            "at most 20 an hour",
            requests_an_hour(coordinator.READ_INTERVAL_WITH_PUSH, poller.PACE_WITH_PUSH)
            <= 20,
        ),
        ("than 5 minutes", narrator.LATE == 300),
    ],
)
def test_the_numbers_of_the_readme_are_those_of_the_code(told: str, true: bool) -> None:
    assert told in README
    assert true


@pytest.mark.parametrize(
    ("told", "true"),
    [
        (
            "after 2, 5, 13, 25 and 45 seconds",
            reread.REREAD_DELAYS == (2, 5, 13, 25, 45),
        ),
        ("more than 12 seconds", evidence.SETTLE == 12),
        ("eleven minutes", evidence.STALE == 660),
        ("four times in a row", evidence.PROMPT == 4),
        ("a minute later or more", evidence.LOOK == 60),
        ("every 20 seconds", coordinator.READ_INTERVAL.total_seconds() == 20),
        ("events every 30", poller.PACE_WITHOUT_PUSH == 30),
        ("listed every 10 minutes", poller.PACE_WITH_PUSH == 600),
        ("after 5 and 15 seconds", doubt.LOOKS == (5, 15)),
        ("the last quarter of an hour", states.RELOCK_TIME == 900),
        ("after three minutes", states.MISSING_GRACE == 180),
    ],
)
def test_the_numbers_of_the_architecture_are_those_of_the_code(
    told: str, true: bool
) -> None:
    assert told in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert true


def test_what_is_cited_of_seams_api_is_in_the_repository() -> None:
    page = (ROOT / "docs" / "seam-api.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", page, re.MULTILINE))
    sources = [SOURCE, (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")]
    sources += [
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")
    ]
    cited = {
        section
        for source in sources
        for section in re.findall(r"seam-api\.md, (?:section )?(\d+(?:\.\d+)?)", source)
    }
    assert cited
    assert cited <= sections


def test_the_texts_say_the_same_numbers() -> None:
    said = TEXTS["issues"]["push_degraded"]["description"]
    assert "half an hour" in said
    # How often it asks is for the code to choose, and to change.
    assert not re.search(r"\d", said)
