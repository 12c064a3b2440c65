"""MLLP, the transport of HL7 v2 over TCP: framing, and a listener that answers each message."""
