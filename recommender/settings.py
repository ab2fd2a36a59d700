"""Settings of a deployment: `RECOMMENDER_<NAME>` in the environment. Secrets have no default."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from features.errors import UsageError
from recommender.workspace.signing_keys import FEWEST_BITS, bits_at_most, local_key

SHORTEST_SECRET = 32  # characters


class Settings(BaseSettings):
    """`signing_key` signs bundles, `token_key` signs sign-in tokens.

    Where one is not set, a local one is created at first use, outside the workspace, readable by its owner only;
    with `production` none is created and a missing key is an error.
    """

    model_config = SettingsConfigDict(env_prefix="RECOMMENDER_", extra="ignore", hide_input_in_errors=True)

    workspace: Path = Field(
        default=Path("workspace"), description="The directory of tables, models and scores"
    )
    production: bool = Field(default=False, description="Refuse to make local keys")
    signing_key: SecretStr | None = Field(
        default=None, min_length=SHORTEST_SECRET, description="Signs bundles"
    )
    token_key: SecretStr | None = Field(
        default=None, min_length=SHORTEST_SECRET, description="Signs sign-in tokens"
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL for the records; without it they are in store.db of the workspace"
    )
    plans_per_person: int = Field(default=5, ge=1, description="Plans of one person that wait or are being made")
    plans_waiting: int = Field(default=50, ge=1, description="Plans of all that wait or are being made")
    plan_seconds: float = Field(
        default=600, gt=0, le=86_400, description="Seconds after which the best plan so far is taken"
    )
    plan_megabytes: int = Field(default=4096, ge=512, description="Memory of the process that makes plans")
    public_url: str | None = Field(
        default=None, pattern=r"https?://[^\s/?#]+/?", description="The address under which people open the pages"
    )
    oidc_issuer: str | None = Field(default=None, description="The sign-in provider (OpenID Connect); none without it")
    oidc_client_id: str | None = Field(default=None, description="How the provider knows this service")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its secret; without one PKCE alone")
    oidc_scopes: str = Field(default="openid profile", description="What the provider is asked for")
    oidc_mapping: Path | None = Field(default=None, description="TOML: from the provider's claims to roles")
    today: date | None = Field(
        default=None, description="The day on which courses must be open, to repeat a run; the clock's by default"
    )
    stale_days: int = Field(
        default=180, ge=1, description="Age of the data (days from as-of) from which pages say that they are old"
    )
    operator_name: str | None = Field(
        default=None, max_length=200, description="The office responsible for data about people, for /privacy"
    )
    privacy_contact: str | None = Field(
        default=None, max_length=200, description="Whom people turn to about their data, for /privacy"
    )
    sign_ins_per_minute: int = Field(default=300, ge=1, description="Attempts to sign in from one address")
    writes_per_minute: int = Field(default=120, ge=1, description="Forms and writes of one person")
    upload_megabytes: int = Field(default=400, ge=1, description="Files brought to the data desk in one go")
    second_person: bool = Field(
        default=True, description="Whether a second person confirms a change of the model on pages and over HTTP"
    )
    mlflow_tracking_uri: SecretStr | None = Field(
        default=None, validation_alias="MLFLOW_TRACKING_URI",
        description="The MLflow server on which each trained version is recorded; none without it",
    )  # fmt: skip
    mlflow_experiment_name: str | None = Field(
        default=None, validation_alias="MLFLOW_EXPERIMENT_NAME", description="Its experiment there"
    )
    token_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60, description="How long a local token is valid")

    def day(self) -> date:
        """Today: of `RECOMMENDER_TODAY`, else of the clock."""
        return self.today or date.today()

    def bundle_key(self) -> bytes:
        """Signs bundles. Raises UsageError in production without one or for one that can be guessed, ReadError for an
        unsafe file."""
        return _secret(self.signing_key, "signing", self.production)

    def session_key(self) -> bytes:
        """Signs tokens; errors as `bundle_key`."""
        return _secret(self.token_key, "token", self.production)


    def weak_keys(self) -> tuple[str, ...]:
        """The variables whose keys can be guessed; on this machine alone they work, with a warning."""
        keys = {"RECOMMENDER_SIGNING_KEY": self.signing_key, "RECOMMENDER_TOKEN_KEY": self.token_key}
        return tuple(name for name, key in keys.items() if key is not None and _is_weak(key))


def _is_weak(key: SecretStr) -> bool:
    return bits_at_most(key.get_secret_value()) < FEWEST_BITS


def _secret(configured: SecretStr | None, name: str, production: bool) -> bytes:
    if configured is not None:
        if production and _is_weak(configured):
            raise UsageError("workspace.weak_key", variable=f"RECOMMENDER_{name.upper()}_KEY")
        return configured.get_secret_value().encode("utf-8")
    return local_key(name, make=not production)
