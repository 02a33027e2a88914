"""Configs are checked before anything is read or built, and settled by manifest, preset and machine."""

import pytest

from core.backend import Config, load_config, parse_config
from core.backend.data.sealed import read_manifest
from core.backend.training.setup import chosen_device, chosen_precision
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


def test_what_is_left_out_follows_from_manifest_and_preset(manifest):
    """Twelve evaluations and ten checkpoints a run, however long it is."""
    config = Config(context=32, batch_size=4).settled(read_manifest(manifest))

    assert (4000, 31) == (config.tokens, config.steps)
    assert (4e-3, 3, 3) == (config.learning_rate, config.eval_every, config.checkpoint_every)
    assert config == config.settled(read_manifest(manifest))


@pytest.mark.parametrize(
    ("asked", "gpus", "bf16", "expected"),
    [
        (("auto", "auto"), 0, False, ("cpu", "fp32")),
        (("auto", "auto"), 1, True, ("cuda", "bf16")),
        (("cuda:1", "auto"), 2, False, ("cuda:1", "fp32")),
        (("cuda", "fp32"), 1, True, ("cuda", "fp32")),
        (("cpu", "bf16"), 1, True, ("cpu", "bf16")),
    ],
)
def test_device_and_precision_follow_from_the_machine(monkeypatch, asked, gpus, bf16, expected):
    """A GPU where there is one, and bf16 where it has it; what is asked for goes before."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpus > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation: bf16)
    device = chosen_device(asked[0])

    assert expected == (device, chosen_precision(asked[1], device))


def test_a_gpu_too_many_is_refused(monkeypatch):
    """The line counts those there are."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)

    with pytest.raises(BadInputError, match="cuda:2: this machine has 2 GPUs"):
        chosen_device("cuda:2")
