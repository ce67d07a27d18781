"""The rules that the repository's files keep together."""

import json
from pathlib import Path
import re
import subprocess
import tomllib
from typing import Any

from homeassistant import bootstrap, components
import pytest
import yaml

ROOT = Path(__file__).parent.parent
SLUG = "seam-home-assistant/seam-home-assistant"
PRODUCT = ROOT / "custom_components" / "seam"
MANIFEST = PRODUCT / "manifest.json"
CHANGELOG = ROOT / "CHANGELOG.md"
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))

# In pieces, so that this file does not find itself.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w./<-])/(?:work|root|home/\w+)(?![\w-])")


def _load_json(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _tracked_texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file():  # removed, but not yet committed
            continue
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image
    assert "pyproject.toml" in texts
    return texts


def _pins(*names: str) -> dict[str, str]:
    """Return the version of each package that the named files pin."""
    pins = {}
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        for package, version in re.findall(
            r"^([\w.-]+)==([\w.+!]+)", text, re.MULTILINE
        ):
            pins[_plain(package)] = version
    return pins


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def test_one_slug() -> None:
    found = set()
    for name, text in _tracked_texts().items():
        for owner, repository in re.findall(
            r"github(?:usercontent)?\.com/([\w-]+)/([\w.-]*[\w-])", text
        ):
            slug = f"{owner}/{repository.removesuffix('.git')}"
            if "seam" in slug and owner != "seamapi":
                found.add((name, slug))
        for owner, repository in re.findall(
            r"owner=([\w-]+)&(?:amp;)?repository=([\w.-]+)", text
        ):
            found.add((name, f"{owner}/{repository}"))
    assert {slug for _, slug in found} == {SLUG}, found


def test_slug_of_metadata() -> None:
    home = f"https://github.com/{SLUG}"
    urls = _project()["project"]["urls"]
    assert urls["Documentation"] == home
    assert urls["Issues"] == f"{home}/issues"
    manifest = _load_json(MANIFEST)
    assert manifest["documentation"] == home
    assert manifest["issue_tracker"] == f"{home}/issues"


def test_no_host_of_a_package_registry() -> None:
    found = [
        (name, host)
        for name, text in _tracked_texts().items()
        for host in REGISTRY_HOSTS
        if host in text.lower()
    ]
    assert not found


def test_no_path_of_a_machine() -> None:
    found = [
        (name, match.group())
        for name, text in _tracked_texts().items()
        for match in MACHINE_PATH.finditer(text)
    ]
    assert not found


def test_hacs_json() -> None:
    assert _load_json(ROOT / "hacs.json") == {
        "name": "Seam",
        "homeassistant": "2026.10.0",
        "render_readme": True,
    }


def test_one_integration() -> None:
    folders = [path for path in (ROOT / "custom_components").iterdir() if path.is_dir()]
    assert [path.name for path in folders if path.name != "__pycache__"] == ["seam"]


def test_one_version() -> None:
    version = _project()["project"]["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert _load_json(MANIFEST)["version"] == version
    if CHANGELOG.exists():
        newest = re.search(
            r"^## \[?v?(\d+\.\d+\.\d+)",
            CHANGELOG.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        assert newest
        assert newest[1] == version


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_package_has_hashes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [
        line.strip()
        for line in text.replace("\\\n", " ").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert lines
    for line in lines:
        assert re.match(r"[\w.-]+==[\w.+!]+ ", line), line
        assert "--hash=sha256:" in line, line


def test_requirements_match_pyproject() -> None:
    groups = _project()["dependency-groups"]
    for names, files in (
        (("test", "lint", "demo"), ["requirements-dev.txt"]),
        (("voice",), ["requirements-voice.txt"]),
        (("bench",), ["requirements-bench.txt"]),
    ):
        pins = _pins(*files)
        for wanted in (entry for name in names for entry in groups[name]):
            package, _, version = wanted.partition("==")
            assert _plain(package) in pins, f"run script/compile: {wanted}"
            if version:
                assert pins[_plain(package)] == version, f"run script/compile: {wanted}"


def test_home_assistant_finds_all_that_it_would_install() -> None:
    """What it installs by itself at start would move packages of this set."""
    pins = _pins("requirements-dev.txt", "requirements-voice.txt")
    folder = Path(components.__path__[0])
    own = _load_json(MANIFEST)
    todo = {
        *bootstrap.CORE_INTEGRATIONS,
        *bootstrap.DEFAULT_INTEGRATIONS,
        *("config", "conversation", "diagnostics", "history", "logbook", "lovelace"),
        *("my", "onboarding", "recorder", "repairs", "search", "webhook"),
        *own.get("dependencies", []),
    }
    done: set[str] = set()
    missing = []
    while todo:
        domain = todo.pop()
        done.add(domain)
        path = folder / domain / "manifest.json"
        if not path.exists():
            continue
        manifest = _load_json(path)
        todo |= set(manifest.get("dependencies", [])) - done
        for requirement in manifest.get("requirements", []):
            package, _, version = requirement.partition("==")
            if pins.get(_plain(package.partition("[")[0])) != version:
                missing.append(f"{domain}: {requirement}")
    assert not missing


def test_every_exception_to_a_rule_says_which_and_why() -> None:
    found = [
        f"{name}: {line.strip()}"
        for name, text in _tracked_texts().items()
        if name.endswith((".py", ".pyi"))
        for line in text.splitlines()
        if re.search(r"#\s*(?:noqa|type:\s*ignore|ruff:\s*noqa|mypy:)", line)
        and not re.search(
            r"#\s(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])"
            r"\s+(?:- |# )\s*\w",
            line,
        )
    ]
    assert not found


def test_scripts_that_documents_name_exist() -> None:
    named = {
        (name, script)
        for name, text in _tracked_texts().items()
        if name.endswith((".md", ".yml", ".yaml"))
        for script in re.findall(r"(?<![\w/])(?:script/\w+|\.ci/run)", text)
    }
    assert {"script/setup", "script/test", ".ci/run"} <= {script for _, script in named}
    assert not [entry for entry in sorted(named) if not (ROOT / entry[1]).exists()]


def test_texts_are_kept_once() -> None:
    """A custom integration is read from translations alone."""
    assert not (PRODUCT / "strings.json").exists()


def test_scripts_can_be_run() -> None:
    scripts = [
        path
        for path in [*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"]
        if path.is_file() and path.read_bytes().startswith(b"#!")
    ]
    assert {"setup", "test", "lint", "run"} <= {path.name for path in scripts}
    assert not [path.name for path in scripts if not path.stat().st_mode & 0o100]


def test_workflows() -> None:
    workflows = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
    }
    assert {"tests", "validate"} <= set(workflows)
    # These two follow what they check: Home Assistant's and HACS's newest rules.
    moving = {"home-assistant/actions/hassfest@master", "hacs/action@main"}
    for workflow in workflows.values():
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            for step in job["steps"]:
                if (action := step.get("uses")) and action not in moving:
                    assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
        assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    steps = str(workflows["validate"]["jobs"])
    assert "home-assistant/actions/hassfest" in steps
    assert "hacs/action" in steps
    # YAML reads the key "on" as true.
    assert "schedule" in workflows["validate"][True]
