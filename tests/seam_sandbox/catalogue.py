"""Devices of many brands, as Seam would list them."""

from dataclasses import dataclass, field
from typing import Any
import uuid

# All ids of the sandbox are made from this one, so that they never change.
_NAMESPACE = uuid.UUID("5ea0b0c5-0000-4000-8000-5a2d60c50001")
# A real lock has one of these; no test may ever show it where it must not be.
CANARY_PIN = "424242"
CANARY_GUEST = "Guest Canary-Alice"
CANARY_CLEANER_PIN = "737373"
CANARY_CLEANER = "Cleaner Canary-Bob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call the house and those who come in.

    Attributes:
        house: of the main workspace.
        guest: of the code that Seam manages.
        cleaner: of the code that it does not.
    """

    house: str = "Canary House"
    guest: str = CANARY_GUEST
    cleaner: str = CANARY_CLEANER


def make_id(*parts: object) -> str:
    """Return the uuid that always belongs to some words."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(str(part) for part in parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A device model: what it has and how it behaves.

    Attributes:
        device_type: Seam's name of the type.
        maker: key of the manufacturer; also of the provider and account.
        brand: display name of the manufacturer.
        name: display name of the model.
        can_lock: whether it can be locked remotely; None: it never can.
        can_unlock: the same for unlocking.
        door_sensor: it tells whether the door leaf is open.
        battery: it runs on batteries; else it is wired.
        keypad_battery: where the keypad's battery stands: None,
            `accessory_keypad` or `keypad_battery`.
        auto_lock: seconds until it locks by itself; None: it cannot;
            0: it can, but this is switched off.
        momentary: seconds until the strike falls back; None: a real bolt.
        reports_locked: it tells where the bolt is.
        codes: it has a keypad.
        native_events: it reports each entry itself.
        confirms: what `was_confirmed_by_device` says; None: nothing.
        is_lock: it has a bolt at all.
        capabilities: Seam's older list.
        extra: more properties, as they are.
    """

    device_type: str
    maker: str
    brand: str
    name: str
    can_lock: bool | None = True
    can_unlock: bool | None = True
    door_sensor: bool = False
    battery: bool = True
    keypad_battery: str | None = None
    auto_lock: float | None = None
    momentary: float | None = None
    reports_locked: bool = True
    codes: bool = True
    native_events: bool = True
    confirms: bool | None = True
    is_lock: bool = True
    capabilities: tuple[str, ...] = ("lock", "access_code")
    extra: dict[str, Any] = field(default_factory=dict)


AUGUST = Model(
    device_type="august_lock",
    maker="august",
    brand="August",
    name="Wi-Fi Smart Lock",
    door_sensor=True,
    keypad_battery="accessory_keypad",
    auto_lock=0,
)
YALE = Model(
    device_type="yale_lock",
    maker="yale",
    brand="Yale",
    name="Assure Lock 2",
    auto_lock=30,
)
SCHLAGE = Model(
    device_type="schlage_lock",
    maker="schlage",
    brand="Schlage",
    name="Encode Smart WiFi Deadbolt",
    auto_lock=0,
)
NUKI = Model(
    device_type="nuki_lock",
    maker="nuki",
    brand="Nuki",
    name="Smart Lock 4.0 Pro",
    door_sensor=True,
    keypad_battery="keypad_battery",
    confirms=False,
)
TTLOCK = Model(
    device_type="ttlock_lock",
    maker="ttlock",
    brand="TTLock",
    name="SN-Y06",
    auto_lock=5,
    confirms=None,
)
SALTO = Model(
    device_type="salto_lock",
    maker="salto",
    brand="Salto",
    name="XS4 One",
    can_lock=None,
    momentary=5,
    reports_locked=False,
    confirms=None,
)
IGLOOHOME = Model(
    device_type="igloohome_lock",
    maker="igloohome",
    brand="igloohome",
    name="Deadbolt 2S",
    native_events=False,
)
KWIKSET = Model(
    device_type="kwikset_lock",
    maker="kwikset",
    brand="Kwikset",
    name="Halo Touchscreen",
    auto_lock=60,
)
AQARA = Model(
    device_type="aqara_lock", maker="aqara", brand="Aqara", name="Smart Lock U200"
)
WYZE = Model(
    device_type="wyze_lock",
    maker="wyze",
    brand="Wyze",
    name="Lock Bolt v2",
    door_sensor=True,
)
TEDEE = Model(
    device_type="tedee_lock",
    maker="tedee",
    brand="tedee",
    name="PRO",
    keypad_battery="keypad_battery",
    auto_lock=0,
)
ULTRALOQ = Model(
    device_type="ultraloq_lock",
    maker="ultraloq",
    brand="Ultraloq",
    name="U-Bolt Pro WiFi",
    auto_lock=30,
)
LOCKLY = Model(
    device_type="lockly_lock", maker="lockly", brand="Lockly", name="Secure Pro"
)
SMARTTHINGS = Model(
    device_type="smartthings_lock",
    maker="smartthings",
    brand="SmartThings",
    name="Z-Wave Lock",
    codes=False,
)
KISI = Model(
    device_type="kisi_lock",
    maker="kisi",
    brand="Kisi",
    name="Controller Pro 2",
    can_lock=None,
    battery=False,
    momentary=5,
    reports_locked=False,
    codes=False,
    confirms=None,
)
TWO_N = Model(
    device_type="two_n_intercom",
    maker="two_n",
    brand="2N",
    name="IP Verso 2.0",
    can_lock=None,
    battery=False,
    momentary=3,
    reports_locked=False,
)
GENIE = Model(
    device_type="genie_door",
    maker="genie",
    brand="Genie",
    name="Aladdin Connect",
    battery=False,
    door_sensor=True,
    codes=False,
)
THERMOSTAT = Model(
    device_type="ecobee_thermostat",
    maker="ecobee",
    brand="ecobee",
    name="Smart Thermostat Premium",
    can_lock=None,
    can_unlock=None,
    battery=False,
    reports_locked=False,
    codes=False,
    is_lock=False,
    capabilities=("thermostat",),
    extra={"temperature_celsius": 21.0, "relative_humidity": 0.45},
)
NOISE_SENSOR = Model(
    device_type="minut_sensor",
    maker="minut",
    brand="Minut",
    name="Home Sensor",
    can_lock=None,
    can_unlock=None,
    reports_locked=False,
    codes=False,
    is_lock=False,
    capabilities=("noise_detection",),
    extra={"noise_level_decibels": 38.0},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One device of the house, as it is at the start.

    Attributes:
        name: as people call it.
        model: what it is.
        room: Seam's room, or None.
        bolt_thrown: where the bolt is.
        door_open: where the door leaf is.
        battery: 0..1.
        keypad_battery: 0..1.
        online: Seam's provider can reach it.
        can_lock: other than the model's, when this unit cannot now.
        can_unlock: the same for unlocking.
        errors: Seam's error codes.
        warnings: Seam's warning codes.
    """

    name: str
    model: Model
    room: str | None = None
    bolt_thrown: bool = True
    door_open: bool = False
    battery: float = 0.85
    keypad_battery: float = 0.7
    online: bool = True
    can_lock: bool | None = None
    can_unlock: bool | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


FIRST_LOCKS = (
    Plan(name="Front Door", model=AUGUST, room="Hall"),
    Plan(name="Back Door", model=YALE, room="Kitchen", battery=0.62),
    Plan(name="Garage Side Door", model=SCHLAGE, room="Garage", bolt_thrown=False),
    Plan(
        name="Guest Suite",
        model=NUKI,
        room="Guest Suite",
        battery=0.48,
        keypad_battery=0.15,
    ),
    Plan(
        name="Cellar",
        model=TTLOCK,
        room="Cellar",
        warnings=("ttlock_weak_gateway_signal",),
    ),
    Plan(name="Main Entrance", model=SALTO, room="Lobby", battery=0.91),
    Plan(
        name="Garden Shed",
        model=IGLOOHOME,
        room="Garden",
        online=False,
        can_lock=False,
        can_unlock=False,
        warnings=("hub_required_for_additional_capabilities",),
    ),
    Plan(name="Workshop", model=KWIKSET, room="Workshop", battery=0.08),
)
MORE_MODELS = (
    AUGUST,
    YALE,
    SCHLAGE,
    NUKI,
    TTLOCK,
    KWIKSET,
    AQARA,
    WYZE,
    TEDEE,
    SALTO,
    ULTRALOQ,
    LOCKLY,
    SMARTTHINGS,
    KISI,
    IGLOOHOME,
    TWO_N,
    GENIE,
)
MODELS = {model.maker: model for model in MORE_MODELS}
OTHER_DEVICES = (
    Plan(name="Hallway Thermostat", model=THERMOSTAT, room="Hall"),
    Plan(name="Living Room Noise", model=NOISE_SENSOR, room="Living Room"),
)


def build_plans(locks: int) -> list[Plan]:
    """Return the plans of that many locks, and of two devices that are none.

    The first eight are as different as can be and have people's names; every
    tenth of the rest is offline.
    """
    plans = list(FIRST_LOCKS[:locks])
    for number in range(len(FIRST_LOCKS), locks):
        model = MORE_MODELS[number % len(MORE_MODELS)]
        plans.append(
            Plan(
                name=f"Apartment {number - 7:04}",
                model=model,
                room=f"Floor {1 + (number - 8) // 20}",
                bolt_thrown=number % 7 != 0,
                battery=round(1 - number * 37 % 90 / 100, 2),
                online=number % 10 != 0,
            )
        )
    return [*plans, *OTHER_DEVICES]
