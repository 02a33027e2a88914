"""What all tests share: who runs which, and that no example of a property is judged by its time."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("mixdesk", deadline=None)  # benches measure
settings.load_profile("mixdesk")

TOGETHER = ("browser", "pages")  # a folder whose tests share a workspace that takes long to make
HERE = Path(__file__).parent


def pytest_itemcollected(item):
    """Keep a file's tests in one process, and those folders' too, where several run tests side by side."""
    if item.config.pluginmanager.hasplugin("xdist"):
        parts = item.path.relative_to(HERE).parts
        group = parts[0] if parts[0] in TOGETHER else "/".join(parts)
        item.add_marker(pytest.mark.xdist_group(group))
