"""One file per step of a package."""
