"""Trainers' own configurations become mixtures, and what in them does not do what it says is named."""

import json

import pytest
import yaml

from core.errors import BadInputError
from core.export import export
from core.lint import lint
from tests.core.exporters.small_exports import SETTINGS
from tests.core.small_corpus import mixture, sized


@pytest.fixture
def read(tmp_path):
    """Return a function that lints a text or a value as YAML."""

    def run(content, name="my config.yaml"):
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return lint(tmp_path / name)

    return run


def told(found, *words):
    """Some trap holds all the words."""
    return any(all(word in trap for word in words) for trap in found.traps)


FILES = {
    "megatron": "data_args.txt",
    "mosaic": "llm_foundry.yaml",
    "olmo_core": "olmo_core.yaml",
    "nanotron": "nanotron.yaml",
    "levanter": "levanter.yaml",
}


@pytest.mark.parametrize("kind", FILES)
def test_what_we_export_reads_back(tmp_path, kind):
    """The same weights, by the names of the files."""
    weights = {"a": 0.2, "b": 0.5, "c": 0.3}
    home = sized(tmp_path / "ws", {"a": [10] * 10, "b": [10] * 30, "c": [7] * 20})
    export(home, mixture(weights=weights), kind, tmp_path / "out", settings=SETTINGS[kind])

    assert weights == pytest.approx(lint(tmp_path / "out" / FILES[kind], "c").mixture.weights)


@pytest.mark.parametrize("kind", ["mosaic", "nanotron", "levanter"])
def test_stages_read_back(tmp_path, kind):
    """With their ends and weights."""
    stages = [{"until": 0.5}, {"until": 1.0, "weights": {"a": 1.0}}]
    home = sized(tmp_path / "ws", {"a": [10] * 30, "b": [10] * 30})
    asked = mixture(weights={"a": 0.5, "b": 0.5}, stages=stages, budget={"tokens": 160})
    export(home, asked, kind, tmp_path / "out", settings=SETTINGS[kind])
    found = lint(tmp_path / "out" / FILES[kind], "c").mixture

    assert [(0.5, {"a": 0.5, "b": 0.5}), (1.0, {"a": 1.0})] == [
        (s.until, {name: weight for name, weight in s.weights.items() if weight}) for s in found.stages
    ]


def test_an_odd_megatron_list_has_no_weights(read):
    """Megatron takes every entry for a prefix."""
    found = read("0.7 data/web_text_document 0.3", "blend.txt")

    assert ("Megatron-LM", None) == (found.trainer, found.mixture.weights)
    assert told(found, "3 entries, an odd number", "without weights")


def test_megatron_names_and_sums(read):
    """The ending that Megatron's own tool gives is no part of a name; 100 in all is not 1."""
    found = read("--data-path 70 data/web_text_document 30 data/code_text_document 0 data/web", "blend.txt")

    assert {"web": 0.7, "code": 0.3} == found.mixture.weights
    assert told(found, "sum to 100, not 1", "Megatron divides by the sum")
    assert told(found, "'web' stands twice")
    assert told(found, "count samples")


SCRIPT = """
DATA_ARGS=(
    --data-path 0.3 "/data/web_text_document" \\
        0.7 /data/code_text_document
    --split 949,50,1   # an odd number of words in all
)
torchrun pretrain_gpt.py ${DATA_ARGS[@]} --seed 1234 --seq-length 4096 --train-samples 1000
"""


def test_megatron_launch_script(read):
    """The list ends where the next option begins; seed and budget are those of the run."""
    found = read(SCRIPT, "pretrain.sh").mixture

    assert {"web": 0.3, "code": 0.7} == found.weights
    assert (1234, 4_096_000) == (found.seed, found.budget.tokens)


@pytest.mark.parametrize(
    ("expected", "words"),
    [({"web": 1.0}, "--data-path /data/web_text_document --seed 1"), (None, "--data-path $BLEND --seed 1")],
)
def test_megatron_lists_of_one_word(read, expected, words):
    """One prefix is all there is; a variable's value is not in the file, and that is said."""
    found = read(words)

    assert expected == found.mixture.weights
    assert told(found, "the variable $BLEND") == (expected is None)


def test_a_quote_that_nobody_closes(read):
    """A shell would not read it, either."""
    with pytest.raises(BadInputError, match="no shell reads it"):
        read("--data-path '0.3 a 0.7 b")


def test_megatron_entries_that_are_no_weights(read):
    """Four prefixes look like two pairs."""
    found = read(json.dumps({"train": ["data/a", "data/b"], "valid": None, "test": None}))

    assert told(found, "reads all entries as prefixes")


def test_foundry_streams_of_several_kinds(read):
    """Proportion and repeat do not go together."""
    streams = {"web": {"local": "w", "proportion": 0.7}, "code": {"local": "c", "repeat": 2}}
    found = read({"train_loader": {"dataset": {"streams": streams}}})

    assert told(found, "different ways (1 proportion, 1 repeat)")
    assert told(found, "No `epoch_size`")
    assert told(found, "sum to 0.7, not 1")


def test_foundry_streams_without_weights(read):
    """Nothing is a proportion; one stream says two things."""
    both = read({"dataset": {"streams": {"web": {"repeat": 2, "choose": 5}}}})

    assert told(both, "'web' has repeat and choose")
    assert told(read({"streams": {"web": {"local": "w"}}}), "No stream has a proportion")
    assert told(read({"streams": ["web"]}), "no map")


def foundry(durations, whole):
    """Two data mixes of llm-foundry's curriculum."""
    first = {"streams": {"web.0": {"local": "data/web/0", "proportion": 1.0}}, "epoch_size": 6}
    parts = {"web.0": ("data/web/0", 0.3), "web.1": ("data/web/1", 0.2), "code": ("data/code", 0.5)}
    later = {name: {"local": path, "proportion": part} for name, (path, part) in parts.items()}
    schedule = [{"duration": durations[1], "dataset": {"streams": later, "epoch_size": 2}}]
    curriculum = {"duration": durations[0], "schedule": schedule}
    return {
        "train_loader": {"dataset": first},
        "max_duration": whole,
        "callbacks": {"curriculum_learning": curriculum},
    }


def test_a_stream_that_stands_twice(read):
    """YAML drops the first without a word."""
    streams = "{web: {proportion: 0.7}, code: {proportion: 0.3}, web: {proportion: 0.1}}"
    found = read(
        f"eval_loader: {{dataset: {{streams: {{}}}}}}\ntrain_loader: {{dataset: {{streams: {streams}}}}}"
    )

    assert {"web": 0.25, "code": 0.75} == pytest.approx(found.mixture.weights)
    assert told(found, "'web' stands twice, again in line 2")


def test_foundry_curriculum_is_stages(read):
    """As long as their durations; a domain's numbered parts are one."""
    found = read(foundry(("60tok", "20tok"), "80tok"))

    assert [(0.75, {"web": 1.0}), (1.0, {"web": 0.5, "code": 0.5})] == [
        (stage.until, stage.weights) for stage in found.mixture.stages
    ]
    assert 1 == len(found.traps)


def test_foundry_durations_that_do_not_fit(read):
    """Another sum, or another unit."""
    assert told(read(foundry(("60tok", "20tok"), "100tok")), "sum to 80, and max_duration is 100tok")
    assert told(read(foundry(("60ba", "20tok"), "80tok")), "wants tokens or epochs")


def test_levanter_components_are_its_newer_configs(read):
    """Either names the data sets."""
    data = {"components": {"a": {}, "b": {}}, "train_weights": {"a": 0.5, "b": 0.5}}

    assert [] == [trap for trap in read({"data": data}).traps if "no entry" in trap]


def test_olmo_core_ratios(read):
    """Each above 0, the sum 1, a budget there, repeats allowed."""
    sources = [{"source_name": "web", "target_ratio": 0.7}, {"source_name": "code", "target_ratio": 0}]
    found = read({"source_list": {"sources": sources}})

    assert {"web": 1.0, "code": 0.0} == found.mixture.weights
    assert told(found, "'code' has the target_ratio 0")
    assert told(found, "sum to 0.7, not 1", "OLMo-core refuses")
    assert told(found, "'web' and 'code' may not repeat")
    assert told(found, "No `requested_tokens`")


def nanotron(*stages, steps=None):
    return {
        "data_stages": [
            {"name": name, "start_training_step": start, "data": {"seed": 3, "dataset": data}}
            for name, start, data in stages
        ],
        "tokens": {"train_steps": steps},
    }


def test_olmo_core_paths_that_stand_twice(read):
    """They are read as often, in one source or in two."""
    sources = [
        {"source_name": "web", "target_ratio": 0.6, "paths": ["w/*.npy", "w/*.npy"]},
        {"source_name": "code", "target_ratio": 0.2, "paths": ["c.npy"]},
        {"source_name": "wiki", "target_ratio": 0.2, "paths": ["c.npy"]},
    ]
    found = read({"sources": sources, "requested_tokens": 10})

    assert told(found, "w/*.npy stands 2 times, in 'web'")
    assert told(found, "c.npy stands 2 times, in 'code' and 'wiki'")
    assert told(found, "No `global_batch_size`")


def test_nanotron_wants_two_lists(read):
    """A map's values are passed over; lists of different lengths fail."""
    found = read(nanotron(("one", 1, {"dataset_folder": {"d/web": 0.7, "d/code": 0.3}}), steps=10))
    short = read(
        nanotron(("one", 1, {"dataset_folder": ["d/web", "d/code"], "dataset_weights": [1]}), steps=10)
    )
    without = read(nanotron(("one", 1, {"dataset_folder": ["d/web", "d/code"]}), steps=10))

    assert ({"web": 0.7, "code": 0.3}, 3) == (found.mixture.weights, found.mixture.seed)
    assert told(found, "is a map", "two lists")
    assert told(short, "2 folders and 1 weights")
    assert told(without, "no `dataset_weights`", "in proportion to their size")


def test_nanotron_steps(read):
    """First 1, rising, and within training; names of their own."""
    web = {"dataset_folder": "d/web"}

    assert told(read(nanotron(("one", 0, web), steps=10)), "starts at step 0", "wants 1")
    assert told(read(nanotron(("one", 1, web), ("one", 1, web), steps=10)), "same name")
    assert told(read(nanotron(("one", 1, web), ("two", 1, web), steps=10)), "must rise")
    assert told(read(nanotron(("one", 1, web), ("two", 99, web), steps=10)), "never comes")
    assert told(read(nanotron(("one", 1, web), ("two", 5, web))), "No `tokens.train_steps`")


def test_levanter_names_and_blocks(read):
    """Weights without data, data without weights, a stage in the middle of a block, an early stop."""
    data = {
        "configs": {"web": {}, "code": {}},
        "train_weights": [[0, {"web": 1.0}], [3, {"wiki": 0.5}]],
        "stop_strategy": "first_stop_strategy",
    }
    found = read({"data": data, "trainer": {"num_train_steps": 10, "train_batch_size": 256}})

    assert told(found, "'wiki' has a weight and no entry")
    assert told(found, "'code' has no weight")
    assert told(found, "Step 3 is 768 samples", "2048")
    assert told(found, "sum to 0.5, not 1")
    assert told(found, "ends training with the first")
    assert [0.3, 1.0] == [stage.until for stage in found.mixture.stages]


def test_a_weight_that_is_none_is_said(read):
    """It is taken as 0."""
    found = read({"configs": {"a": {}}, "train_weights": {"a": 1, "b": "much", "c": -1}})

    assert {"a": 1.0, "b": 0.0, "c": 0.0} == found.mixture.weights
    assert told(found, "'b' has the weight 'much'")
    assert told(found, "'c' has the weight -1")


@pytest.mark.parametrize(
    ("expected", "content"),
    [
        ("is of no trainer", {"weights": {"a": 1}}),
        ("is of no trainer", [1, 2]),
        ("not YAML", "a: [1"),
        ("is not built as nanotron wants it", {"data_stages": 3}),
        ("is not built as Levanter wants it", {"train_weights": [3]}),
        ("names no data", {"data_stages": []}),
    ],
)
def test_what_is_no_configuration_is_refused(read, expected, content):
    """One line that names the file."""
    with pytest.raises(BadInputError, match=expected):
        read(content)


def test_a_file_that_is_not_there(tmp_path):
    """It is named."""
    with pytest.raises(BadInputError, match="cannot be read"):
        lint(tmp_path / "gone.yaml")
