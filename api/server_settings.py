"""What a server serves: the workspace and the keys of the settings."""

from __future__ import annotations

from recommender.advice import AdviceService
from recommender.plans.plan_service import PlanService
from recommender.settings import Settings
from recommender.tokens import Claims, read_token
from recommender.workspace.workspace import Workspace


class ServerSettings:
    """Settings read once; the advice is loaded when it is first needed, because that takes a while."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.workspace = Workspace(self.settings.workspace)
        self.registry = self.workspace.registry()
        self.plans = PlanService(self.workspace)
        self._key = self.settings.session_key()

    def service(self) -> AdviceService:
        """The workspace's city, computed as far as it is not yet."""
        return AdviceService(self.workspace, self.settings)

    def read_token(self, token: str) -> Claims | None:
        """The bearer of a token that was signed with our key and still holds."""
        return read_token(self._key, token)
