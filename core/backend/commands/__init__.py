"""The backend's own commands: each file one of them, or a family, registered in `core.backend.__main__`."""
