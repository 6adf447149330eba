"""`python -m bnnc`: the command line of the Python that runs it."""

from bnnc.cli import main

if __name__ == "__main__":
    main()
