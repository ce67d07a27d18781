"""Set up a workspace: one API key, checked before anything is kept."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_API_KEY
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .api import (
    DEFAULT_ENDPOINT,
    USABLE_KINDS,
    CredentialKind,
    SeamClient,
    SeamError,
    Workspace,
    checked_endpoint,
    credential_kind,
)
from .const import (
    CONF_ENDPOINT,
    CONF_NAMES_IN_HISTORY,
    CONF_WORKSPACE_ID,
    CONSOLE_URL,
    DOMAIN,
    LOGGER,
)
from .data import SeamConfigEntry
from .exceptions import error_key

SECTION_ADVANCED = "advanced"
# How soon stored names are gone once they are not wanted any more, in seconds.
SAVE_DELAY = 1.0

_SECRET = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)


def _schema(endpoint: str, key: str | None) -> vol.Schema:
    """Return the form; what was entered stays in it when something was wrong."""
    suggested = None if key is None else {"suggested_value": key}
    return vol.Schema(
        {
            vol.Required(CONF_API_KEY, description=suggested): _SECRET,
            vol.Required(SECTION_ADVANCED): section(
                vol.Schema(
                    {
                        vol.Required(CONF_ENDPOINT, default=endpoint): TextSelector(
                            TextSelectorConfig(type=TextSelectorType.URL)
                        )
                    }
                ),
                {"collapsed": endpoint == DEFAULT_ENDPOINT},
            ),
        }
    )


class SeamConfigFlow(ConfigFlow, domain=DOMAIN):
    """Ask for a key, and for the workspace where the key has several."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Start with nothing entered."""
        self._data: dict[str, Any] = {}
        self._workspaces: tuple[Workspace, ...] = ()

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> SeamOptionsFlow:
        """Return the flow for what can be chosen later."""
        return SeamOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the key of a new workspace."""
        return await self._async_step_key("user", user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Seam has refused the key: ask for a new one."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new key of the same workspace."""
        return await self._async_step_key("reauth_confirm", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the key or the endpoint of a workspace."""
        return await self._async_step_key("reconfigure", user_input)

    async def async_step_workspace(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which workspace of a personal access token to use."""
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            self._data[CONF_WORKSPACE_ID] = user_input[CONF_WORKSPACE_ID]
            try:
                workspace = await self._client().get_workspace()
            except SeamError as err:
                errors["base"], placeholders = self._explain(err)
            else:
                if workspace.is_suspended:
                    errors["base"] = "suspended"
                else:
                    return await self._async_finish(workspace)
        options = [
            SelectOptionDict(
                value=workspace.workspace_id,
                label=self._title(workspace),
            )
            for workspace in self._workspaces
        ]
        return self.async_show_form(
            step_id="workspace",
            data_schema=vol.Schema(
                {
                    vol.Required(CONF_WORKSPACE_ID): SelectSelector(
                        SelectSelectorConfig(options=options)
                    )
                }
            ),
            errors=errors,
            description_placeholders={"error": "", **placeholders},
        )

    async def _async_step_key(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        endpoint = self._current_endpoint()
        key: str | None = None
        if user_input is not None:
            key = user_input[CONF_API_KEY].strip()
            entered = user_input[SECTION_ADVANCED][CONF_ENDPOINT]
            checked = checked_endpoint(entered)
            endpoint = checked or entered
            kind = credential_kind(key)
            if checked is None:
                errors["base"] = "invalid_endpoint"
            elif kind not in USABLE_KINDS:
                errors[CONF_API_KEY] = f"wrong_kind_{kind.value}"
            else:
                self._data = {CONF_API_KEY: key, CONF_ENDPOINT: checked}
                try:
                    if kind is CredentialKind.PERSONAL_ACCESS_TOKEN:
                        result = await self._async_take_token()
                    else:
                        result = await self._async_take_key()
                except SeamError as err:
                    errors["base"], placeholders = self._explain(err)
                except _RefusedError as err:
                    errors["base"] = err.key
                else:
                    return result
        return self.async_show_form(
            step_id=step_id,
            data_schema=_schema(endpoint, key),
            errors=errors,
            description_placeholders={
                "console_url": CONSOLE_URL,
                "error": "",
                **placeholders,
            },
        )

    async def _async_take_key(self) -> ConfigFlowResult:
        workspace = await self._client().get_workspace()
        if workspace.is_suspended:
            raise _RefusedError("suspended")
        return await self._async_finish(workspace)

    async def _async_take_token(self) -> ConfigFlowResult:
        workspaces = await self._client().list_workspaces()
        if self.source != SOURCE_USER:
            # A new token for a known workspace: there is nothing to choose.
            workspace_id = self._entry_unique_id()
            if workspace_id not in {found.workspace_id for found in workspaces}:
                return self.async_abort(reason="wrong_workspace")
            self._data[CONF_WORKSPACE_ID] = workspace_id
            return await self._async_take_key()
        if not workspaces:
            raise _RefusedError("no_workspaces")
        # A form shows the first choice as chosen, so none may be set up already.
        taken = self._async_current_ids(include_ignore=False)
        self._workspaces = tuple(
            found for found in workspaces if found.workspace_id not in taken
        )
        if not self._workspaces:
            return self.async_abort(reason="already_configured")
        return await self.async_step_workspace()

    async def _async_finish(self, workspace: Workspace) -> ConfigFlowResult:
        await self.async_set_unique_id(workspace.workspace_id)
        if self.source in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
            self._abort_if_unique_id_mismatch(reason="wrong_workspace")
            entry = (
                self._get_reauth_entry()
                if self.source == SOURCE_REAUTH
                else self._get_reconfigure_entry()
            )
            kept = {
                key: value
                for key, value in entry.data.items()
                if key not in (CONF_API_KEY, CONF_ENDPOINT, CONF_WORKSPACE_ID)
            }
            return self.async_update_reload_and_abort(
                entry, data={**kept, **self._data}
            )
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title=self._title(workspace), data=self._data)

    def _client(self) -> SeamClient:
        return SeamClient(
            async_get_clientsession(self.hass),
            self._data[CONF_API_KEY],
            endpoint=self._data[CONF_ENDPOINT],
            workspace_id=self._data.get(CONF_WORKSPACE_ID),
        )

    def _current_endpoint(self) -> str:
        if self.source == SOURCE_REAUTH:
            data = self._get_reauth_entry().data
        elif self.source == SOURCE_RECONFIGURE:
            data = self._get_reconfigure_entry().data
        else:
            return DEFAULT_ENDPOINT
        endpoint: str = data.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
        return endpoint

    def _entry_unique_id(self) -> str | None:
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry().unique_id
        return self._get_reconfigure_entry().unique_id

    @staticmethod
    def _title(workspace: Workspace) -> str:
        return f"{workspace.name} (sandbox)" if workspace.is_sandbox else workspace.name

    @staticmethod
    def _explain(err: SeamError) -> tuple[str, dict[str, str]]:
        key = error_key(err)
        if key == "unknown":
            LOGGER.error("Seam refused the check of a key: %s", err)
        return key, {"error": str(err)}


class SeamOptionsFlow(OptionsFlow):
    """Choose what enters the history; who needs it reads it when it is needed."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether names may enter the history."""
        if user_input is not None:
            entry: SeamConfigEntry = self.config_entry
            if entry.state is ConfigEntryState.LOADED:
                if not user_input[CONF_NAMES_IN_HISTORY]:
                    entry.runtime_data.coordinator.async_forget_names()
                # By then the options are saved.
                entry.runtime_data.store.async_save_soon(SAVE_DELAY)
            return self.async_create_entry(data=user_input)
        schema = vol.Schema(
            {vol.Required(CONF_NAMES_IN_HISTORY, default=True): BooleanSelector()}
        )
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                schema, self.config_entry.options
            ),
        )


class _RefusedError(Exception):
    """What was entered is right but cannot be used."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
