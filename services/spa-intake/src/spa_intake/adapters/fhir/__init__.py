"""The FHIR door: BaRS messages in, BaRS answers out."""
