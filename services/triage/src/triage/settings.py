"""What triage reads from its environment."""

from homeward_kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing of its own yet beside what every service reads; its port in a cluster of one is 8001."""

    port: int = 8001
