"""`python -m homeward_local` is the `homeward` command."""

from .cli import main

main()
