"""Sign-in with an OpenID Connect provider: authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636).

The provider is asked for its addresses (Discovery 1.0) when somebody signs in, and for its keys when an unknown one signs.
Authlib carries the code exchange, PyJWT checks the ID token; nothing of the provider is kept but its addresses and keys.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
import jwt
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client

from features.errors import RecommenderError, UsageError

SIGNATURES: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric signatures only: a secret that signs would have to be shared, and `none` proves nothing."""
TIMEOUT: Final = 5.0  # seconds for one answer of the provider
FRESH: Final = 3600.0  # seconds for which its addresses and keys are kept
LEEWAY: Final = 30  # seconds by which the clocks of provider and server may differ
LARGEST: Final = 1_000_000  # bytes of one answer
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class SignInError(RecommenderError):
    """The provider did not sign the visitor in."""


class ProviderUnavailableError(SignInError):
    """The provider does not answer, or answers what the standard does not allow."""


@dataclass(frozen=True)
class SignInRequest:
    """Where the browser goes, and what its return is checked against."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class _Provider:
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    userinfo_endpoint: str | None
    signatures: tuple[str, ...]
    keys: jwt.PyJWKClient
    until: float


class OidcClient:
    """One provider, for many threads.

    issuer: its address, https unless it is on this machine. secret: None for a public client.
    """

    def __init__(self, issuer: str, client_id: str, secret: str | None, scopes: str = "openid profile") -> None:
        """Raises UsageError for an issuer without https."""
        _check_address(issuer)
        self.issuer: Final = issuer
        self.client_id: Final = client_id
        self._secret = secret
        self._scopes = " ".join(dict.fromkeys(["openid", *scopes.split()]))
        self._lock = threading.Lock()
        self._provider: _Provider | None = None

    def begin(self, return_to: str) -> SignInRequest:
        """The address of the provider's page. return_to: our callback, as registered. Raises ProviderUnavailableError."""
        provider = self._discovered()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with self._session(return_to) as session:
            url, state = session.create_authorization_url(
                provider.authorization_endpoint, state=secrets.token_urlsafe(24), nonce=nonce, code_verifier=verifier
            )
        return SignInRequest(url, state, nonce, verifier)

    def finish(
        self, code: str, return_to: str, nonce: str, verifier: str, issuer: str | None = None
    ) -> dict[str, Any]:
        """The claims of the person whom the provider signed in: those of the ID token, and of its userinfo beside them.

        issuer: whom the answer came from, where the provider says so (RFC 9207).
        Raises SignInError where the issuer, the code or the token does not hold, ProviderUnavailableError.
        """
        if issuer is not None and issuer != self.issuer:
            raise SignInError("sign_in.token_refused")
        provider = self._discovered()
        try:
            with self._session(return_to) as session:
                tokens = session.fetch_token(
                    provider.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                )
                claims = self._checked(provider, str(tokens.get("id_token") or ""), nonce)
                return self._with_userinfo(session, provider, claims)
        except AuthlibBaseError as error:
            raise SignInError("sign_in.code_refused") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailableError("sign_in.provider_unavailable") from error

    def sign_out_address(self, return_to: str) -> str | None:
        """Where the provider ends its own session (RP-Initiated Logout 1.0); None where it has no such address or no answer."""
        try:
            endpoint = self._discovered().end_session_endpoint
        except ProviderUnavailableError:
            return None
        query = urlencode({"client_id": self.client_id, "post_logout_redirect_uri": return_to})
        return None if endpoint is None else f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def _session(self, return_to: str) -> Any:
        return OAuth2Client(
            self.client_id, self._secret, scope=self._scopes, redirect_uri=return_to, code_challenge_method="S256",
            token_endpoint_auth_method="none" if self._secret is None else "client_secret_basic",
            timeout=TIMEOUT, follow_redirects=False,
        )  # fmt: skip

    def _checked(self, provider: _Provider, token: str, nonce: str) -> dict[str, Any]:
        try:
            key = _signing_key(provider.keys, token)
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=list(provider.signatures), audience=self.client_id, issuer=self.issuer,
                leeway=LEEWAY, options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )  # fmt: skip
        except jwt.PyJWKClientConnectionError as error:
            raise ProviderUnavailableError("sign_in.provider_unavailable") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise SignInError("sign_in.token_refused") from error
        party = claims.get("azp", self.client_id)
        if party != self.client_id or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise SignInError("sign_in.token_refused")
        return claims

    def _with_userinfo(self, session: Any, provider: _Provider, claims: dict[str, Any]) -> dict[str, Any]:
        """Claims that the provider gives at its userinfo address only; the ID token's own stand where both have one."""
        if provider.userinfo_endpoint is None:
            return claims
        response = session.get(provider.userinfo_endpoint)
        if response.status_code != 200 or len(response.content) > LARGEST:
            return claims
        more = response.json()
        if not isinstance(more, dict) or more.get("sub") != claims["sub"]:  # Core 5.3.2: of another person
            raise SignInError("sign_in.token_refused")
        return {**more, **claims}

    def _discovered(self) -> _Provider:
        """Its addresses; a request that waits for the provider holds up nobody who has them."""
        provider = self._provider
        if provider is not None and time.monotonic() < provider.until:
            return provider
        with self._lock:
            if self._provider is None or time.monotonic() >= self._provider.until:
                self._provider = self._discover()
            return self._provider

    def _discover(self) -> _Provider:
        try:
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            response = httpx2.get(address, timeout=TIMEOUT).raise_for_status()
            described: Mapping[str, Any] = response.json()
            if described["issuer"] != self.issuer:
                raise ValueError("another issuer")
            offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check_address(described[name])
            for name in ("end_session_endpoint", "userinfo_endpoint"):
                if described.get(name) is not None:
                    _check_address(described[name])
            return _Provider(
                described["authorization_endpoint"],
                described["token_endpoint"],
                described.get("end_session_endpoint"),
                described.get("userinfo_endpoint"),
                tuple(name for name in SIGNATURES if name in offered),
                jwt.PyJWKClient(described["jwks_uri"], lifespan=int(FRESH), timeout=TIMEOUT),
                time.monotonic() + FRESH,
            )
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, UsageError) as error:
            raise ProviderUnavailableError("sign_in.provider_unavailable") from error


def _signing_key(keys: jwt.PyJWKClient, token: str) -> jwt.PyJWK:
    """The provider's key that the token names; where it names none, its only one (Core 10.1). Raises PyJWTError."""
    if "kid" in jwt.get_unverified_header(token):
        return keys.get_signing_key_from_jwt(token)
    signing = keys.get_signing_keys(refresh=True)
    if len(signing) != 1:
        raise jwt.PyJWKClientError("no key is named and there are several")
    return signing[0]


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise UsageError("sign_in.not_https", address=address)
