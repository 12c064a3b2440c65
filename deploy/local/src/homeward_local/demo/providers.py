"""Five synthetic care providers that work in the whole borough and have places."""

from homeward_local.client import StackClient

from .people import DISTRICTS

PROVIDERS = {
    "Alder Home Care": ("home_care", "reablement"),
    "Birch Reablement": ("reablement", "therapy"),
    "Cedar Care at Home": ("home_care", "reablement"),
    "Damson Community Nursing": ("community_nursing", "therapy", "equipment"),
    "Elm House": ("bed", "voluntary_sector"),
}
PLACES = 25


def load_providers(client: StackClient) -> None:
    """Make the providers and declare their places, unless there are some already."""
    if client.get("care-package", "/api/v1/providers", "broker")["items"]:
        return
    for name, services in PROVIDERS.items():
        body = {"name": name, "services": list(services), "areas": list(DISTRICTS)}
        provider = client.post("care-package", "/api/v1/providers", "broker", body)
        for service in services:
            capacity = {"provider_id": provider["provider_id"], "service": service, "places": PLACES}
            client.post("care-package", "/api/v1/capacity", "broker", capacity)
