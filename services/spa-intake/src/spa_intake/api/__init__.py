"""The HTTP interface of intake."""
