"""What staff may read over HTTP."""
