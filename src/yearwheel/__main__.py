"""`python -m yearwheel` is `yearwheel`."""

from yearwheel.cli import main

if __name__ == "__main__":
    main()
