"""`python -m lovebell_tools`."""

from lovebell_tools.cli import main

main()
