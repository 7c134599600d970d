"""`python -m lovebell` is `lovebell`."""

from lovebell.cli import main

if __name__ == "__main__":
    main()
