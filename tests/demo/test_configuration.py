"""What the demo's Home Assistant is started with."""

from pathlib import Path

from homeassistant.components import persistent_notification
from homeassistant.config import load_yaml_config_file
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockModule,
    mock_integration,
)

from . import phone
from .configuration import make_folder


async def test_what_a_person_saves_is_loaded(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    make_folder(folder, 8123)
    for kind in ("automation", "script", "scene"):
        # Home Assistant's editors write here, whatever is configured.
        file = folder / f"{kind}s.yaml"
        assert not file.read_text(encoding="utf-8").strip("[]\n")
        file.write_text(f"- alias: A saved {kind}\n", encoding="utf-8")
    configuration = load_yaml_config_file(str(folder / "configuration.yaml"))
    for kind in ("automation", "script", "scene"):
        assert configuration[kind] == [{"alias": f"A saved {kind}"}]


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    make_folder(tmp_path / "demo", 8123)
    stored = (tmp_path / "demo" / ".storage" / "http").read_text(encoding="utf-8")
    assert '"server_host": ["127.0.0.1"]' in stored


def test_what_others_have_made_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path, 8123)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


async def test_the_phone_shows_what_is_sent_to_it(hass: HomeAssistant) -> None:
    module = MockModule(
        "demo_phone", dependencies=["notify"], async_setup=phone.async_setup
    )
    mock_integration(hass, module)
    assert await async_setup_component(hass, "demo_phone", {"demo_phone": None})
    await hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.my_phone", "message": "Alice came home."},
        blocking=True,
    )
    (shown,) = persistent_notification._async_get_or_create_notifications(hass).values()
    assert shown["message"] == "Alice came home."
