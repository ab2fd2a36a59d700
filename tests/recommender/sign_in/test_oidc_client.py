"""The code flow against a real provider; whatever does not fit signs nobody in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from features.errors import UsageError
from recommender.sign_in.oidc_client import OidcClient, ProviderUnavailableError, SignInError, SignInRequest

CALLBACK = "http://127.0.0.1:8000/sign-in/callback"


@pytest.fixture
def client(provider: str) -> OidcClient:
    return OidcClient(provider, "recommender", "a secret of the client")


def sign_in(request: SignInRequest, subject: str) -> dict[str, str]:
    """What the browser brings back when somebody signs in at the provider."""
    response = httpx2.post(request.url, data={"sub": subject})
    assert response.status_code in (302, 303)
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


def test_a_person_comes_back_with_her_claims(client: OidcClient) -> None:
    request = client.begin(CALLBACK)
    query = parse_qs(urlsplit(request.url).query)
    assert query["code_challenge_method"] == ["S256"] and query["code_challenge"] != [request.verifier]
    back = sign_in(request, "u-17")
    assert back["state"] == request.state
    claims = client.finish(back["code"], CALLBACK, request.nonce, request.verifier)
    assert (claims["sub"], claims["employee_no"], claims["groups"]) == ("u-17", "T1", ["teachers"])


def test_a_code_works_once_and_no_other_does(client: OidcClient) -> None:
    request = client.begin(CALLBACK)
    back = sign_in(request, "u-17")
    client.finish(back["code"], CALLBACK, request.nonce, request.verifier)
    for code in (back["code"], "made-up"):
        with pytest.raises(SignInError, match="too old or was used"):
            client.finish(code, CALLBACK, request.nonce, request.verifier)


def test_a_token_for_another_sign_in_is_refused(client: OidcClient) -> None:
    request = client.begin(CALLBACK)
    back = sign_in(request, "u-17")
    with pytest.raises(SignInError, match="does not check out"):
        client.finish(back["code"], CALLBACK, client.begin(CALLBACK).nonce, request.verifier)


def test_tokens_that_do_not_hold_are_refused(client: OidcClient, provider: str) -> None:
    """Signed by another key, unsigned, signed with a shared secret, for another client, too old: each with our nonce."""
    discovered = client._discovered()
    now = datetime.now(UTC)
    good = {"iss": provider, "sub": "u-17", "aud": "recommender", "nonce": "n", "iat": now, "exp": now + timedelta(minutes=5)}
    kid = httpx2.get(f"{provider}/jwks").json()["keys"][0]["kid"]
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens = [
        jwt.encode(good, stranger, "RS256", headers={"kid": kid}),
        jwt.encode(good, stranger, "RS256", headers={"kid": "unknown"}),
        jwt.encode(good, stranger, "RS256"),
        jwt.encode(good, None, "none", headers={"kid": kid}),
        jwt.encode(good, "a secret of the client, long enough for it", "HS256", headers={"kid": kid}),
        "no token",
        "",
    ]
    for token in tokens:
        with pytest.raises(SignInError, match="does not check out"):
            client._checked(discovered, token, "n")


def test_the_provider_can_end_its_session_too(client: OidcClient) -> None:
    address = client.sign_out_address("http://127.0.0.1:8000/")
    assert address is not None and "end_session" in address and "client_id=recommender" in address


def test_a_provider_that_is_away_is_said_to_be_and_tried_again() -> None:
    client = OidcClient("http://127.0.0.1:9", "recommender", None)
    for _ in range(2):
        with pytest.raises(ProviderUnavailableError):
            client.begin(CALLBACK)
    assert client.sign_out_address("http://127.0.0.1:8000/") is None


def test_another_issuer_is_not_trusted(provider: str) -> None:
    with pytest.raises(ProviderUnavailableError):
        OidcClient(f"{provider}/", "recommender", None).begin(CALLBACK)


@pytest.mark.parametrize("issuer", ["http://login.example", "ftp://127.0.0.1", "login.example", ""])
def test_without_https_only_this_machine(issuer: str) -> None:
    with pytest.raises(UsageError, match="is not https"):
        OidcClient(issuer, "recommender", None)


def test_a_provider_that_goes_away_before_the_code_is_exchanged(client: OidcClient) -> None:
    request = client.begin(CALLBACK)
    client._provider = replace(client._discovered(), token_endpoint="http://127.0.0.1:9/token")
    with pytest.raises(ProviderUnavailableError):
        client.finish("any", CALLBACK, request.nonce, request.verifier)


def test_an_answer_of_another_issuer_is_refused(client: OidcClient, provider: str) -> None:
    request = client.begin(CALLBACK)
    code = sign_in(request, "u-17")["code"]
    with pytest.raises(SignInError, match="does not check out"):
        client.finish(code, CALLBACK, request.nonce, request.verifier, "https://other.example")
    claims = client.finish(code, CALLBACK, request.nonce, request.verifier, provider)
    assert claims["sub"] == "u-17"
