"""The HL7 v2 door: ADT messages in, acknowledgements out."""
