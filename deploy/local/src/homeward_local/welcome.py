"""What `homeward up` prints when everything is ready."""

import os
import sysconfig
from pathlib import Path

from .config import SERVICES, Config

ROLES = (
    "coordinator",
    "nurse",
    "occupational therapist",
    "physiotherapist",
    "social worker",
    "care broker",
    "readmission nurse",
    "manager",
)


def welcome(config: Config, seconds: float) -> str:
    """The address, the ways to sign in, and three commands to try."""
    command = os.path.relpath(Path(sysconfig.get_path("scripts")) / "homeward")
    address = config.url_of(SERVICES[0])
    return f"""
Homeward is running at {address}  (ready in {seconds:.1f} s)

  Sign in        choose a role card: {", ".join(ROLES)}
  A token        {command} demo token coordinator   (for curl)

  Try            {command} demo journey             one person, from the ward to a detected readmission
                 {command} demo send-referral --via fhir
                 {command} status

Synthetic data only. Data and logs: {config.home}. Stop with Ctrl-C or `make stop`.
"""
