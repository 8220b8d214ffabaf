"""`python -m windvane`: the command line."""

from windvane.cli.main import main

main()
