"""Entry point of the command `linli`."""

from linli.commands.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
