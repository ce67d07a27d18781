"""What the prefix of a credential tells."""

import pytest

from custom_components.seam.api import USABLE_KINDS, CredentialKind, credential_kind


@pytest.mark.parametrize(
    ("credential", "kind"),
    [
        ("seam_abc", CredentialKind.API_KEY),
        ("seam_testabc", CredentialKind.API_KEY),
        ("seam_apikey1_token", CredentialKind.API_KEY),
        ("seam_", CredentialKind.API_KEY),  # the length is Seam's business
        ("seam_at1_longtoken", CredentialKind.PERSONAL_ACCESS_TOKEN),
        ("seam_cst1_token", CredentialKind.CLIENT_SESSION_TOKEN),
        ("seam_pk1_token", CredentialKind.PUBLISHABLE_KEY),
        ("eyJhbGciOi", CredentialKind.CONSOLE_TOKEN),
        ("", CredentialKind.UNKNOWN),
        ("SEAM_abc", CredentialKind.UNKNOWN),
        (" seam_abc", CredentialKind.UNKNOWN),
        ("whsec_canary", CredentialKind.UNKNOWN),
    ],
)
def test_kind(credential: str, kind: CredentialKind) -> None:
    assert credential_kind(credential) is kind


def test_what_can_be_used() -> None:
    assert {CredentialKind.API_KEY, CredentialKind.PERSONAL_ACCESS_TOKEN} == (
        USABLE_KINDS
    )
