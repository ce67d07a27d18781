"""The forms: a new workspace, a new key, a changed address, the options."""

from typing import Any

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.seam.const import (
    CONF_ENDPOINT,
    CONF_NAMES_IN_HISTORY,
    CONF_WORKSPACE_ID,
    DOMAIN,
)
from tests.harness import Harness
from tests.seam_sandbox import ACCESS_TOKEN, SeamSandbox

ADVANCED = "advanced"

type Result = ConfigFlowResult


def entered(key: str, endpoint: str) -> dict[str, Any]:
    """Return what a person types into the first form."""
    return {CONF_API_KEY: key, ADVANCED: {CONF_ENDPOINT: endpoint}}


async def start(hass: HomeAssistant) -> Result:
    """Open the form for a new workspace."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def submit(harness: Harness, result: Result, data: dict[str, Any]) -> Result:
    """Fill in a form, and let the entry that it makes settle."""
    flow = harness.hass.async_create_task(
        harness.hass.config_entries.flow.async_configure(result["flow_id"], data)
    )
    answer: Result = await harness.until(flow)
    await harness.settle()
    return answer


async def test_a_key_is_all_it_takes(harness: Harness, sandbox: SeamSandbox) -> None:
    result = await start(harness.hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    assert not result["errors"]

    result = await submit(
        harness, result, entered(f" {sandbox.api_key}\n", sandbox.url)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Canary House (sandbox)"
    entry = result["result"]
    assert entry.unique_id == sandbox.workspace_id
    assert entry.data[CONF_API_KEY] == sandbox.api_key
    assert entry.data[CONF_ENDPOINT] == sandbox.url
    assert entry.state is ConfigEntryState.LOADED
    assert len(harness.hass.states.async_entity_ids("lock")) == 8
    assert await harness.hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "http_status", "status": 401}, "invalid_auth"),
        ({"kind": "http_status", "status": 403}, "invalid_auth"),
        ({"kind": "http_status", "status": 429, "retry_after": "0"}, "rate_limited"),
        ({"kind": "http_status", "status": 503}, "server_error"),
        (
            {
                "kind": "http_status",
                "status": 400,
                "error_type": "odd",
                "message": "That is odd.",
            },
            "unknown",
        ),
        ({"kind": "http_html"}, "not_seam"),
        ({"kind": "http_text"}, "not_seam"),
        ({"kind": "http_no_key"}, "not_seam"),
        ({"kind": "http_reset"}, "cannot_connect"),
        ({"kind": "http_hang"}, "cannot_connect"),
    ],
)
async def test_what_goes_wrong_is_said_and_can_be_mended(
    harness: Harness,
    sandbox: SeamSandbox,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    error: str,
) -> None:
    fault = dict(fault)
    sandbox.faults.add(fault.pop("kind"), **fault)
    data = entered(sandbox.api_key, sandbox.url)
    result = await submit(harness, await start(harness.hass), data)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    if error == "unknown":
        placeholders = result["description_placeholders"]
        assert placeholders is not None
        assert "That is odd." in placeholders["error"]
    assert sandbox.api_key not in caplog.text

    sandbox.faults.clear()
    result = await submit(harness, result, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await harness.hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("seam_pk1canary_0001", "wrong_kind_publishable_key"),
        ("seam_cst1canary_0001", "wrong_kind_client_session_token"),
        ("eyJcanary0001", "wrong_kind_console_token"),
        ("hunter2", "wrong_kind_unknown"),
    ],
)
async def test_other_kinds_of_keys_are_told_apart_without_a_request(
    harness: Harness, sandbox: SeamSandbox, key: str, error: str
) -> None:
    result = await submit(harness, await start(harness.hass), entered(key, sandbox.url))
    assert result["errors"] == {CONF_API_KEY: error}
    assert not sandbox.requests

    data = entered(sandbox.api_key, sandbox.url)
    result = await submit(harness, result, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await harness.hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://connect.getseam.com",
        "http://8.8.8.8",
        "ftp://127.0.0.1",
        "connect.getseam.com",
        "https://",
        "https://name:word@connect.getseam.com",
        "https://connect.getseam.com?key=1",
        "http://[::1",
    ],
)
async def test_an_address_that_would_give_the_key_away_is_refused(
    harness: Harness, sandbox: SeamSandbox, endpoint: str
) -> None:
    result = await submit(
        harness, await start(harness.hass), entered(sandbox.api_key, endpoint)
    )
    assert result["errors"] == {"base": "invalid_endpoint"}
    assert not sandbox.requests

    data = entered(sandbox.api_key, sandbox.url)
    result = await submit(harness, result, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await harness.hass.config_entries.async_unload(result["result"].entry_id)


async def test_a_key_must_be_entered(harness: Harness) -> None:
    result = await start(harness.hass)
    with pytest.raises(InvalidData):
        await harness.hass.config_entries.flow.async_configure(
            result["flow_id"], {ADVANCED: {CONF_ENDPOINT: "https://example.com"}}
        )


async def test_a_suspended_workspace_is_said(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.workspaces.main.is_suspended = True
    data = entered(sandbox.api_key, sandbox.url)
    result = await submit(harness, await start(harness.hass), data)
    assert result["errors"] == {"base": "suspended"}

    sandbox.workspaces.main.is_suspended = False
    result = await submit(harness, result, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await harness.hass.config_entries.async_unload(result["result"].entry_id)


async def test_a_workspace_is_set_up_once(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    harness.entry.add_to_hass(harness.hass)
    result = await submit(
        harness, await start(harness.hass), entered(sandbox.api_key, sandbox.url)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


# -- personal access tokens


async def test_a_personal_access_token_asks_for_the_workspace(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.faults.add("http_status", status=503, path="/workspaces/get", times=3)
    result = await submit(
        harness,
        await start(harness.hass),
        entered(ACCESS_TOKEN, sandbox.url),
    )
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "workspace")

    chosen = {CONF_WORKSPACE_ID: sandbox.workspace_id}
    result = await submit(harness, result, chosen)
    assert result["errors"] == {"base": "server_error"}
    sandbox.workspaces.main.is_suspended = True
    result = await submit(harness, result, chosen)
    assert result["errors"] == {"base": "suspended"}
    sandbox.workspaces.main.is_suspended = False
    result = await submit(harness, result, chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].data[CONF_WORKSPACE_ID] == sandbox.workspace_id
    assert result["result"].state is ConfigEntryState.LOADED
    assert await harness.hass.config_entries.async_unload(result["result"].entry_id)


async def test_a_token_without_workspaces_is_said(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    sandbox.faults.add("http_empty_list", path="/workspaces/list")
    data = entered(ACCESS_TOKEN, sandbox.url)
    result = await submit(harness, await start(harness.hass), data)
    assert result["errors"] == {"base": "no_workspaces"}

    sandbox.faults.clear()
    result = await submit(harness, result, data)
    assert result["step_id"] == "workspace"


async def test_a_workspace_that_is_set_up_is_not_offered_again(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    """The form shows its first choice as chosen."""
    harness.entry.add_to_hass(harness.hass)
    data = entered(ACCESS_TOKEN, sandbox.url)
    others = [one.workspace_id for one in sandbox.workspaces.all[1:]]
    result = await submit(harness, await start(harness.hass), data)
    assert result["step_id"] == "workspace"
    schema = result["data_schema"]
    assert schema is not None
    (field,) = schema.schema.values()
    assert [one["value"] for one in field.config["options"]] == others

    for other in others:
        MockConfigEntry(domain=DOMAIN, unique_id=other).add_to_hass(harness.hass)
    result = await submit(harness, await start(harness.hass), data)
    assert result["reason"] == "already_configured"


# -- a new key for a known workspace


async def test_reauth_takes_a_new_key_of_the_same_workspace(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    ids = sorted(harness.hass.states.async_entity_ids())
    new_key = "seam_canaryKEY_new0002"
    sandbox.workspaces.keys = {new_key: sandbox.workspaces.main}
    result = await harness.entry.start_reauth_flow(harness.hass)
    assert result["step_id"] == "reauth_confirm"

    old = entered("seam_canaryKEY_old0001", sandbox.url)
    result = await submit(harness, result, old)
    assert result["errors"] == {"base": "invalid_auth"}
    result = await submit(harness, result, entered(new_key, sandbox.url))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    await harness.settle()
    assert harness.entry.state is ConfigEntryState.LOADED
    assert harness.entry.data[CONF_API_KEY] == new_key
    assert sorted(harness.hass.states.async_entity_ids()) == ids


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_a_key_of_another_workspace_is_refused(
    harness: Harness, sandbox: SeamSandbox, source: str
) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="another-workspace",
        data={CONF_API_KEY: sandbox.api_key, CONF_ENDPOINT: sandbox.url},
    )
    entry.add_to_hass(harness.hass)
    for key in (sandbox.api_key, ACCESS_TOKEN):
        result = await getattr(entry, f"start_{source}_flow")(harness.hass)
        result = await submit(harness, result, entered(key, sandbox.url))
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "wrong_workspace"
    assert entry.data[CONF_API_KEY] == sandbox.api_key


@pytest.mark.parametrize("source", ["reauth", "reconfigure"])
async def test_a_token_may_replace_a_key(
    harness: Harness, sandbox: SeamSandbox, source: str
) -> None:
    await harness.set_up()
    result = await getattr(harness.entry, f"start_{source}_flow")(harness.hass)
    result = await submit(harness, result, entered(ACCESS_TOKEN, sandbox.url))
    assert result["reason"] == f"{source}_successful"
    await harness.settle()
    assert harness.entry.data[CONF_WORKSPACE_ID] == sandbox.workspace_id
    assert harness.entry.state is ConfigEntryState.LOADED


async def test_reconfigure_keeps_what_it_does_not_ask_for(
    harness: Harness, sandbox: SeamSandbox
) -> None:
    await harness.set_up()
    before = dict(harness.entry.data)
    result = await harness.entry.start_reconfigure_flow(harness.hass)
    assert result["step_id"] == "reconfigure"
    result = await submit(harness, result, entered(sandbox.api_key, sandbox.url))
    assert result["reason"] == "reconfigure_successful"
    await harness.settle()
    assert harness.entry.data == before


# -- options


async def test_options_say_whether_names_enter_the_history(harness: Harness) -> None:
    await harness.set_up()
    result = await harness.hass.config_entries.options.async_init(
        harness.entry.entry_id
    )
    assert result["step_id"] == "init"
    result = await harness.hass.config_entries.options.async_configure(
        result["flow_id"], {CONF_NAMES_IN_HISTORY: False}
    )
    await harness.settle()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert harness.entry.options == {CONF_NAMES_IN_HISTORY: False}
    assert harness.entry.state is ConfigEntryState.LOADED


async def test_options_can_be_chosen_while_the_workspace_is_not_set_up(
    harness: Harness,
) -> None:
    harness.entry.add_to_hass(harness.hass)
    options = harness.hass.config_entries.options
    result = await options.async_init(harness.entry.entry_id)
    result = await options.async_configure(
        result["flow_id"], {CONF_NAMES_IN_HISTORY: False}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert harness.entry.options == {CONF_NAMES_IN_HISTORY: False}
