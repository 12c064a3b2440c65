"""The HAPI FHIR Java client, with which tests speak to a FHIR server as somebody else's software would."""

from pathlib import Path

from . import jars
from .config import config_from_environment

VERSION = "8.6.0"
HAPI = jars.JarSet(
    name="the HAPI FHIR client",
    list_name="hapi-jars.txt",
    endpoint=f"ca.uhn.hapi.fhir:hapi-fhir-client:{VERSION}+ca.uhn.hapi.fhir:hapi-fhir-structures-r4:{VERSION}",
    megabytes=63,
)


def ensure_hapi() -> list[Path]:
    """The class path; the first call on a machine fetches the jars into the cache."""
    return jars.ensure(HAPI, config_from_environment().cache, lambda _: None)
