"""Sign-in as the settings say: with the office's provider where there is one, and with links always."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import quote

from features.errors import UsageError
from recommender.records.record_store import RecordStore
from recommender.settings import Settings
from recommender.sign_in.claims_mapping import ClaimsMapping
from recommender.sign_in.oidc_client import OidcClient, SignInError
from recommender.sign_in.sign_in_links import read_link, use_link
from recommender.tokens import Claims, issue_token, signed, signed_content

AUDIENCE: Final = "training-needs-recommender:sign-in"
MINUTES: Final = 10  # for the way to the provider and back
CALLBACK: Final = "/sign-in/callback"


class UnmappedPersonError(SignInError):
    """The provider knows the person, and no rule of the mapping fits."""


class SignInService:
    """What the pages of sign-in need."""

    def __init__(self, settings: Settings, records: RecordStore) -> None:
        """Raises UsageError for settings of a provider that are not complete or cannot be used."""
        self._records = records
        self._key = settings.session_key()
        self._minutes = settings.token_minutes
        self._secure = (settings.public_url or "").startswith("https://")
        self._oidc: OidcClient | None = None
        if settings.oidc_issuer is None:
            return
        needed = {
            "RECOMMENDER_OIDC_CLIENT_ID": settings.oidc_client_id,
            "RECOMMENDER_OIDC_MAPPING": settings.oidc_mapping,
            "RECOMMENDER_PUBLIC_URL": settings.public_url,
        }
        missing = [name for name, value in needed.items() if value is None]
        if settings.oidc_client_id is None or settings.oidc_mapping is None or settings.public_url is None:
            raise UsageError("sign_in.setting_missing", variables=missing)
        secret = settings.oidc_client_secret
        self._oidc = OidcClient(
            settings.oidc_issuer,
            settings.oidc_client_id,
            None if secret is None else secret.get_secret_value(),
            settings.oidc_scopes,
        )
        self._mapping = ClaimsMapping.read(settings.oidc_mapping)
        self._public = settings.public_url.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether cookies are for https only, as far as the settings tell."""
        return self._secure

    @property
    def with_provider(self) -> bool:
        """Whether a provider is configured."""
        return self._oidc is not None

    def begin(self, then: str) -> tuple[str, str]:
        """The provider's address, and what the browser keeps until it is back. then: where it goes in the end.

        Raises SignInError without a provider, ProviderUnavailableError.
        """
        request = self._client().begin(self._public + CALLBACK)
        kept = {"state": request.state, "nonce": request.nonce, "verifier": request.verifier, "then": then}
        return request.url, signed(self._key, kept, AUDIENCE, MINUTES)

    def finish(self, kept: str, code: str, state: str, issuer: str | None = None) -> tuple[str, str]:
        """A session's token, and where the browser goes. issuer: whom the answer came from, where the provider says so.

        Raises SignInError where the way back does not fit the way there, UnmappedPersonError, ProviderUnavailableError.
        """
        begun = signed_content(self._key, kept, AUDIENCE)
        if begun is None or not hmac.compare_digest(str(begun["state"]).encode(), state.encode()):
            raise SignInError("sign_in.other_browser")
        claims = self._client().finish(code, self._public + CALLBACK, begun["nonce"], begun["verifier"], issuer)
        person = self._mapping.person(claims)
        if person is None:
            raise UnmappedPersonError("sign_in.unmapped")
        subject, role, scope = person
        return self._token(subject, role, scope), begun["then"] or start_of(role, subject, scope)

    def sign_out_address(self) -> str | None:
        """Where the provider ends its own session; None without one."""
        return None if self._oidc is None else self._oidc.sign_out_address(f"{self._public}/")

    def read_link(self, code: str) -> Claims | None:
        """Whom a link signs in; None where it does not hold."""
        return read_link(self._key, code)

    def use_link(self, code: str) -> tuple[str, str] | None:
        """A session's token and where the browser goes, the first time; None after that and where it does not hold."""
        claims = use_link(self._key, code, self._records)
        if claims is None:
            return None
        scope = tuple(sorted(claims.scope))
        return self._token(claims.subject, claims.role, scope), start_of(claims.role, claims.subject, scope)

    def _client(self) -> OidcClient:
        if self._oidc is None:
            raise SignInError("sign_in.no_provider")
        return self._oidc

    def _token(self, subject: str, role: str, scope: tuple[str, ...]) -> str:
        return issue_token(self._key, role, subject, scope, self._minutes)


def start_of(role: str, subject: str, scope: tuple[str, ...]) -> str:
    """The page on which somebody begins."""
    if role == "teacher":
        return f"/teachers/{quote(subject, safe='')}"
    if role in ("school", "district") and len(scope) == 1:
        return f"/{role}s/{quote(scope[0], safe='')}"
    return "/"
