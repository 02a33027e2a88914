"""Results of small experiments that several tests look at, and domains with a planted truth."""

import string

import numpy as np
import pytest

from core.backend.experiments import Bench, run_experiment

WORDS = {
    "sea": "ship whale sail wind captain wave harpoon deck mast storm anchor crew",
    "sum": "add seven apples divide three total cost money each four plus minus",
}


@pytest.fixture(scope="session")
def config(config):
    """Twelve steps with an evaluation before and after, and a checkpoint at the middle and the end."""
    changes = {"eval_every": 12, "checkpoint_every": 6, "validation_tokens": 256}
    return config.model_copy(update=changes)


@pytest.fixture(scope="session")
def conduct(manifest, config, tmp_path_factory):
    """Conduct an experiment in a new folder; returns its result and the folder. Asked again, the same ones."""
    done = {}

    def conducted(experiment, sealed=manifest, settings=config, out=None, **keys):
        asked = (experiment, sealed, settings, out, *keys.items())
        if asked not in done:
            folder = out or tmp_path_factory.mktemp(experiment.name) / "out"
            done[asked] = run_experiment(experiment, Bench(sealed, settings, folder, **keys)), folder
        return done[asked]

    return conducted


@pytest.fixture
def planted(seal):
    """A manifest of four domains: `sea`, `again` (its texts over and over), `sum`, and `noise` (letters)."""
    rng = np.random.default_rng(0)
    texts = {
        name: [" ".join(rng.choice(words.split(), 60)) + f" {i}" for i in range(40)]
        for name, words in WORDS.items()
    }
    letters = list(string.ascii_letters)
    texts["noise"] = ["".join(rng.choice(letters, 300)) for _ in range(40)]
    texts["again"] = [text for text in texts["sea"][:10] for _ in range(4)]
    return seal(texts, {"sea": 0.25, "again": 0.25, "sum": 0.25, "noise": 0.25})
