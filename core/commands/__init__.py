"""Commands that have outgrown the one file: a module for each stage or family, wired in `core.__main__`."""
