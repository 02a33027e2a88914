"""Configs are checked before anything is read or built, and estimates follow from them."""

import pytest

from core.backend import Config, estimate, load_config, parse_config
from core.errors import BadInputError


def test_defaults_come_without_a_file():
    """And the command's device goes before the file's."""
    assert Config() == load_config(None)
    assert "cpu" == load_config(None, device="cpu").device


def test_file_is_read_and_device_overrides_it(tmp_path):
    """Keys that are not named keep their defaults."""
    path = tmp_path / "config.yaml"
    path.write_text("tokens: 1_000_000\ndevice: cuda\n")

    assert Config(tokens=1_000_000, device="cpu") == load_config(path, device="cpu")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("presett: nano", "presett: unknown key; known keys: preset"),
        ("preset: huge", "preset"),
        ("batch_size: 0", "batch_size"),
        ("tokens: many", "tokens"),
        ("[1, 2]", "a training config is a map of keys"),
        ("a: [", "not YAML"),
        ("learning_rate: .nan", "learning_rate"),
    ],
)
def test_wrong_configs_are_refused_by_key(text, said):
    """One line that names the key."""
    with pytest.raises(BadInputError, match=said) as caught:
        parse_config(text, "config.yaml")

    assert "\n" not in str(caught.value)


def test_wrong_device_is_refused():
    """A device that no machine has is named."""
    with pytest.raises(BadInputError, match="device tpu"):
        load_config(None, device="tpu")


def test_missing_file_is_refused(tmp_path):
    """Its path is named."""
    with pytest.raises(BadInputError, match="no readable text file"):
        load_config(tmp_path / "none.yaml")


def test_device_and_saving_have_no_effect_on_the_fingerprint():
    """A run may go on elsewhere; another seed is another run."""
    assert Config().fingerprint() == Config(device="cpu", checkpoint_every=3).fingerprint()
    assert Config().fingerprint() != Config(seed=1).fingerprint()


def test_estimate_counts_steps_and_takes_a_measured_rate(manifest, config):
    """At a rate that was measured, time is tokens over rate."""
    found = estimate(manifest, config, tokens_per_second=768)

    assert (12, 12 * 128, 2.0) == (found["steps"], found["tokens"], found["seconds"])
    assert "as measured" in found["rate"]
    assert estimate(manifest, config)["seconds"] > 0
