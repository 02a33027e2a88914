"""The mixture's JSON schema ships with the project, and is that of the model that checks mixtures."""

import json
import os
from pathlib import Path

from core.types import Mixture

SCHEMA = Path(__file__).parents[2] / "core" / "mixture.schema.json"


def test_schema_that_ships_is_the_models():
    """Written anew by RENEW_SCHEMA=1; a changed format shows in the diff."""
    current = json.dumps(Mixture.model_json_schema(), indent=1, sort_keys=True) + "\n"
    if os.environ.get("RENEW_SCHEMA") == "1":
        SCHEMA.write_text(current)

    assert current == SCHEMA.read_text()
