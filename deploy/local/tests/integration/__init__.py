"""Tests of the running stack: a package, so that their stack ends with the last of them."""
