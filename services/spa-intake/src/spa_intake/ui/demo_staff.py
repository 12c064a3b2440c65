"""The people of the demonstration's sign-in: one invented colleague for each role."""

from uuid import NAMESPACE_URL, uuid5

from spa_intake.read_model.staff_sessions import Staff

_ORGANISATION = "RY9"
_PEOPLE = {
    "coordinator": ("Priya Shah", "Checks referrals, asks the ward, gives each journey an owner"),
    "nurse": ("Grace Okafor", "Takes part in triage decisions"),
    "occupational_therapist": ("Tom Bennett", "Takes part in triage decisions"),
    "physiotherapist": ("Kofi Mensah", "Takes part in triage decisions"),
    "social_worker": ("Amina Yusuf", "Takes part in triage decisions"),
    "broker": ("Daniel Reyes", "Places care with providers and records their answers"),
    "readmission_nurse": ("Siân Morgan", "Follows up for 30 days after leaving hospital"),
    "manager": ("Helen Carter", "Sees everything; keeps the acceptance rules and the subscriptions"),
}


def colleagues() -> list[tuple[Staff, str]]:
    """Each with what the role does; ids are the same at every start."""
    return [
        (Staff(uuid5(NAMESPACE_URL, f"urn:homeward:demo:{role}"), name, role, _ORGANISATION), task)
        for role, (name, task) in _PEOPLE.items()
    ]


def colleague(role: str) -> Staff | None:
    """The demonstration's colleague in a role."""
    return next((staff for staff, _ in colleagues() if staff.role == role), None)
