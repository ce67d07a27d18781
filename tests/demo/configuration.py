"""Home Assistant's configuration folder for the demo."""

import json
from pathlib import Path
import shutil
from typing import Any

ROOT = Path(__file__).parents[2]
MARKER = ".seam-demo"

# Integrations are named one by one: `default_config` wants the internet.
CONFIGURATION = """\
# Made by script/demo, which makes it anew each time.
homeassistant:
  name: Seam demo
  internal_url: http://127.0.0.1:{port}
  external_url: http://127.0.0.1:{port}
  latitude: 0
  longitude: 0
  elevation: 0
  unit_system: metric
  country: US
  currency: USD
  language: en
  time_zone: UTC

config:
frontend:
history:
logbook:

# What a person makes in the frontend, as in a fresh Home Assistant.
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml

# Offers `notify.my_phone`; see tests/demo/phone.
demo_phone:

# A bare machine has no ffmpeg and no libturbojpeg. They are for cameras, which
# are not here; they cannot be left out, and would fill the log.
logger:
  default: warning
  filters:
    haffmpeg.core: ["FFmpeg fails .*'ffmpeg'"]
    haffmpeg.tools: ["Error starting FFmpeg"]
    homeassistant.components.camera.img_util: ["Error loading libturbojpeg"]
"""


def _stored(version: int, key: str, data: Any, minor_version: int = 1) -> str:
    return json.dumps(
        {"version": version, "minor_version": minor_version, "key": key, "data": data}
    )


def make_folder(folder: Path, port: int) -> None:
    """Make the configuration folder anew.

    Args:
        folder: an absent or empty folder, or one that this has made.
        port: where Home Assistant listens, on loopback only.

    Raises:
        FileExistsError: it holds something else.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise FileExistsError(folder)
        shutil.rmtree(folder)
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    folder.chmod(0o700)  # with SEAM_API_KEY it holds a real key
    (folder / MARKER).touch()
    (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
    (folder / "automations.yaml").write_text("[]")
    (folder / "scripts.yaml").touch()
    (folder / "scenes.yaml").touch()
    components = folder / "custom_components"
    components.mkdir()
    # Without it the package of the checkout would hide this one.
    (components / "__init__.py").touch()
    (components / "seam").symlink_to(ROOT / "custom_components" / "seam")
    (components / "demo_phone").symlink_to(Path(__file__).parent / "phone")
    # Neither can be told in YAML: there a port is only tried for five minutes.
    (storage / "http").write_text(
        _stored(1, "http", {"server_host": ["127.0.0.1"], "server_port": port})
    )
    # All but the user: the other steps set up integrations that want the internet.
    (storage / "onboarding").write_text(
        _stored(4, "onboarding", {"done": ["core_config", "analytics", "integration"]})
    )
