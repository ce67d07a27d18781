"""Workspaces and the keys to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .catalogue import Names, make_id
from .errors import ApiError

API_KEY = "seam_canaryKEY_sandbox0001"
OTHER_API_KEY = "seam_canaryKEY_sandbox0002"
ACCESS_TOKEN = "seam_at_canaryPAT_sandbox0001"


@dataclass(slots=True, eq=False)
class Workspace:
    """A workspace.

    Attributes:
        workspace_id: uuid.
        name: as people call it.
        is_sandbox: virtual devices only.
        is_suspended: Seam has put it to sleep.
    """

    workspace_id: str
    name: str
    is_sandbox: bool = True
    is_suspended: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the `workspace` object."""
        return {
            "workspace_id": self.workspace_id,
            "name": self.name,
            "company_name": self.name,
            "connect_partner_name": None,
            "is_sandbox": self.is_sandbox,
            "is_suspended": self.is_suspended,
            "organization_id": None,
            "is_publishable_key_auth_enabled": False,
            "connect_webview_customization": {},
        }


# Where an access token is that names no workspace.
NOWHERE = Workspace("", "")


class Workspaces:
    """All workspaces, and who may enter them.

    Attributes:
        main: the one with the house.
        all: those that the access token may enter.
        keys: API keys, and the workspace that each belongs to.
        tokens: personal access tokens.
    """

    def __init__(self, api_key: str, names: Names) -> None:
        """Open the workspaces."""
        self.main = Workspace(make_id("workspace", "main"), names.house)
        other = Workspace(
            make_id("workspace", "other"), "Other House", is_sandbox=False
        )
        suspended = Workspace(
            make_id("workspace", "suspended"), "Sleeping House", is_suspended=True
        )
        self.all = [self.main, other, suspended]
        self.keys = {api_key: self.main, OTHER_API_KEY: other}
        self.tokens = {ACCESS_TOKEN}

    def authenticate(
        self, headers: Mapping[str, str], *, anywhere: bool = False
    ) -> Workspace:
        """Return the workspace that a request may enter.

        Args:
            headers: of the request.
            anywhere: the endpoint does without a workspace; then NOWHERE
                is returned to an access token that names none.

        Raises:
            ApiError: it may enter none.
        """
        kind, _, key = headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not key:
            raise ApiError(401, "unauthorized", "Must supply Authorization header")
        if key in self.keys:
            return self.keys[key]
        if key.startswith("seam_cst"):
            raise ApiError(
                401,
                "client_session_token_used_for_api_key",
                "A client session token was used instead of an API key",
            )
        if key not in self.tokens:
            raise ApiError(401, "unauthorized", "Invalid API key")
        wanted = headers.get("seam-workspace")
        if wanted is None:
            if anywhere:
                return NOWHERE
            raise ApiError(
                400, "missing_workspace_id", "The seam-workspace header is required"
            )
        for workspace in self.all:
            if workspace.workspace_id == wanted:
                return workspace
        raise ApiError(404, "workspace_not_found", "Workspace not found")

    def visible_json(self, workspace: Workspace) -> list[dict[str, Any]]:
        """Return what `/workspaces/list` shows to a key or a token."""
        shown = self.all if workspace is NOWHERE else [workspace]
        return [one.as_json() for one in shown]
