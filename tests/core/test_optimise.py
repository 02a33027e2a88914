"""From two tables of small runs to weights, and every way in which the tables may be wrong."""

import csv
import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from core.errors import BadInputError, NotFoundError
from core.optimise import choose, optimise, read_runs, spearman

# The layout of RegMix's published runs: an index, weights rounded to three places, losses by validation set.
DOMAINS = [
    "train_the_pile_arxiv",
    "train_the_pile_github",
    "train_the_pile_pile_cc",
    "train_the_pile_enron_emails",
]
LOSSES = [
    "metric/the_pile_arxiv_val_loss",
    "metric/the_pile_github_val_loss",
    "metric/the_pile_pile_cc_val_loss",
]


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["index", *header], *rows])
    return path


def evidence(folder, part, num, seed):
    """Write runs whose losses fall with the square root of their own domain's weight."""
    rng = np.random.default_rng(seed)
    weights = np.round(rng.dirichlet([0.7] * 4, num), 3)
    losses = 6 - np.sqrt(weights[:, :3]) * [1.0, 2.0, 1.5] - 0.3 * np.sqrt(weights[:, [2, 0, 1]])
    losses += 0.01 * rng.normal(size=losses.shape)
    names = [list(map(str, range(1, num + 1)))] * 2
    return (
        write(
            folder / f"{part}_mixture_1m.csv",
            DOMAINS,
            [[i, *w] for i, w in zip(names[0], weights, strict=True)],
        ),
        write(
            folder / f"{part}_pile_loss_1m.csv",
            LOSSES,
            [[i, *v] for i, v in zip(names[1], losses, strict=True)],
        ),
    )


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    return evidence(tmp_path_factory.mktemp("train"), "train", 96, 0)


@pytest.fixture(scope="module")
def test(tmp_path_factory):
    return evidence(tmp_path_factory.mktemp("test"), "test", 64, 1)


def test_tables_of_the_published_layout_are_read(train):
    """Domains in their order; rounded weights brought to the sum 1; the mean of the losses has its parts."""
    runs = read_runs(*train, "mean")

    assert tuple(DOMAINS) == runs.domains
    np.testing.assert_allclose(1, runs.weights.sum(axis=1), atol=1e-12)
    assert (96, 3) == runs.parts.shape
    np.testing.assert_allclose(runs.parts.mean(axis=1), runs.losses)
    assert read_runs(*train, LOSSES[1]).parts is None


def test_auto_chooses_what_ranks_best_and_its_proposal_is_better_than_any_run(train, test):
    """On a curved surface that is the Gaussian process; everything is JSON."""
    result = optimise("auto", *train, LOSSES[2], *test, seed=5)
    best = min(float(row[LOSSES[2]]) for row in csv.DictReader(train[1].open()))

    assert "gp" == result["method"]
    assert "Chosen by rank correlation over 5 folds of 96 runs: linear 0." in result["rationale"]
    assert 1 == pytest.approx(sum(result["weights"].values()))
    assert result["weights"]["train_the_pile_pile_cc"] > 0.8
    assert result["predicted"] < best + 0.05
    evaluation = result["evaluation"]
    assert evaluation["spearman"] > 0.99
    assert evaluation["mse"] < 0.002
    assert 0.8 <= evaluation["coverage"] <= 1
    assert 64 == evaluation["runs"]
    assert result == json.loads(json.dumps(result))


def test_the_same_seed_gives_the_same_result(train):
    """To the last bit; held-out runs change nothing but the evaluation."""
    assert optimise("gp", *train, LOSSES[0], seed=3) == optimise("gp", *train, LOSSES[0], seed=3)
    assert optimise("gp", *train, LOSSES[0])["evaluation"] is None


def test_the_mean_of_all_losses_is_ranked_well(train, test):
    """A surrogate for each loss."""
    result = optimise("auto", *train, "mean", *test)

    assert "gp" == result["method"]
    assert result["evaluation"]["spearman"] > 0.98


def test_auto_takes_the_line_where_the_truth_is_one(tmp_path):
    """The simplest where it is exact."""
    rng = np.random.default_rng(2)
    weights = rng.dirichlet([1, 1, 1], 40)
    mixtures = write(tmp_path / "m.csv", ["a", "b", "c"], [[i, *w] for i, w in enumerate(weights)])
    losses = write(tmp_path / "l.csv", ["x"], [[i, w @ [1, 2, 4]] for i, w in enumerate(weights)])

    assert "linear" == choose(read_runs(mixtures, losses, "x"), 0)[0]


def test_auto_does_not_compare_on_fewer_runs_than_domains(tmp_path):
    """It takes the method that needs the fewest, and says so."""
    weights = np.random.default_rng(2).dirichlet([1] * 4, 4)
    mixtures = write(tmp_path / "m.csv", DOMAINS, [[i, *w] for i, w in enumerate(weights)])
    losses = write(tmp_path / "l.csv", ["x"], [[i, w[0]] for i, w in enumerate(weights)])
    result = optimise("auto", mixtures, losses, "x")

    assert "gp" == result["method"]
    assert "4 runs are too few to compare methods on 4 domains." in result["rationale"]
    assert "no more runs than domains" in result["rationale"]


def test_runs_are_joined_by_index_in_any_order(tmp_path, train):
    """Rows and columns turned round, an index written as 7.0: the same numbers."""
    tables = []
    for path in train:
        rows = list(csv.reader(path.open()))
        turned = [rows[0], *([f"{row[0]}.0", *row[1:]] for row in reversed(rows[1:]))]
        tables.append(tmp_path / path.name)
        with tables[-1].open("w", newline="") as file:
            csv.writer(file).writerows([row[1:] + row[:1] for row in turned])
    ours, theirs = read_runs(*train, LOSSES[0]), read_runs(*tables, LOSSES[0])

    np.testing.assert_array_equal(ours.weights[::-1], theirs.weights)
    np.testing.assert_array_equal(ours.losses[::-1], theirs.losses)
    np.testing.assert_array_equal(ours.losses, read_runs(train[0], tables[1], LOSSES[0]).losses)


def test_held_out_domains_may_stand_in_another_order(tmp_path, train, test):
    """They are brought into that of the runs fitted to."""
    with test[0].open() as file:
        rows = [[row[0], *row[:0:-1]] for row in csv.reader(file)]
    turned = write(tmp_path / "turned.csv", rows[0][1:], rows[1:])

    straight = optimise("linear", *train, LOSSES[0], *test)["evaluation"]
    assert straight == pytest.approx(optimise("linear", *train, LOSSES[0], turned, test[1])["evaluation"])


GOOD = {
    "m": "index,a,b\n1,0.2,0.8\n2,0.5,0.5\n3,0.7,0.3\n4,0.1,0.9\n",
    "l": "index,x,y\n1,3,1\n2,2,1\n3,1,2\n4,3,2\n",
}


@pytest.mark.parametrize(
    ("tables", "target", "words"),
    [
        ({}, "z", "z: no such loss column in .* give one of: mean, x, y"),
        ({"l": GOOD["l"].replace("x,y", "loss_x,loss_y")}, "los_x", "did you mean loss_x"),
        ({"m": GOOD["m"].replace("0.8", "most")}, "x", "line 2, b: 'most': not a number"),
        ({"m": GOOD["m"].replace("0.8", "")}, "x", "line 2, b: '': not a number"),
        ({"l": GOOD["l"].replace("2,2,1", "2,nan,1")}, "x", "line 3, x: 'nan': not a number"),
        ({"l": GOOD["l"].replace("2,2,1", "2,inf,1")}, "x", "line 3, x: 'inf': not a number"),
        (
            {"l": GOOD["l"].replace("2,2,1\n", "")},
            "x",
            "m.csv: 1 of 4 runs are not in .*l.csv, the first is 2",
        ),
        (
            {"m": GOOD["m"].replace("2,0.5,0.5\n", "")},
            "x",
            "l.csv: 1 of 4 runs are not in .*m.csv, the first is 2",
        ),
        ({"l": GOOD["l"].replace("index", "run")}, "x", "4 of 4 runs are not in .* under 'index'"),
        ({"m": GOOD["m"].replace("2,0.5", "1,0.5")}, "x", "line 3: a second run '1'"),
        ({"m": GOOD["m"].replace("0.8", "0.8,0")}, "x", "line 2: 4 cells, not 3"),
        ({"m": GOOD["m"].replace("0.2,0.8", "20,80")}, "x", "run 1 are not shares of 1 .they sum to 100"),
        ({"m": GOOD["m"].replace("0.2,0.8", "-0.2,1.2")}, "x", "run 1 are not shares of 1"),
        ({"m": GOOD["m"].replace("a,b", "a,a")}, "x", "distinct names"),
        ({"m": "index,a,b\n"}, "x", "holds no runs"),
        ({"m": ""}, "x", "holds no runs"),
        ({"m": "index,a\n1,1\n2,1\n", "l": "index,x\n1,1\n2,1\n"}, "x", "holds 2 runs; train at least 3"),
        ({"m": "index,a,b\n1,\x00,1\n"}, "x", "not a number|cannot be read"),
    ],
)
def test_bad_tables_are_one_line(tmp_path, tables, target, words):
    """Each names the file, the place, the rule and the remedy."""
    for name, text in {**GOOD, **tables}.items():
        (tmp_path / f"{name}.csv").write_text(text)

    with pytest.raises(BadInputError, match=words) as caught:
        optimise("gp", tmp_path / "m.csv", tmp_path / "l.csv", target)
    assert "\n" not in str(caught.value)


def test_too_few_runs_for_a_method_name_how_many_it_takes(tmp_path):
    """A plane over two domains needs three runs, the law four; five runs are too few for neither."""
    for name, text in GOOD.items():
        (tmp_path / f"{name}.csv").write_text("".join(text.splitlines(keepends=True)[:4]))

    with pytest.raises(BadInputError, match="3 runs; 'log_linear' needs 4 for 2 domains"):
        optimise("log_linear", tmp_path / "m.csv", tmp_path / "l.csv", "x")
    assert optimise("linear", tmp_path / "m.csv", tmp_path / "l.csv", "x")["weights"]


def test_files_and_methods_that_are_not_there(tmp_path, train, test):
    """A missing file, bytes that are no text, an unknown method, half of the held-out runs, other domains."""
    (tmp_path / "bytes.csv").write_bytes(b"index,a\n1,\xff\xfe\n")
    other = write(tmp_path / "other.csv", ["a", "b"], [[i, 0.5, 0.5] for i in range(1, 65)])

    with pytest.raises(BadInputError, match=r"none.csv: cannot be read as CSV"):
        optimise("gp", tmp_path / "none.csv", train[1], LOSSES[0])
    with pytest.raises(BadInputError, match="cannot be read as CSV"):
        optimise("gp", tmp_path / "bytes.csv", train[1], LOSSES[0])
    with pytest.raises(NotFoundError, match="log_liner: no such method; did you mean 'log_linear'"):
        optimise("log_liner", *train, LOSSES[0])
    with pytest.raises(BadInputError, match="give the other file"):
        optimise("gp", *train, LOSSES[0], test[0])
    with pytest.raises(BadInputError, match="other domains than the runs fitted to"):
        optimise("gp", *train, LOSSES[0], other, test[1])


def test_spearman_is_that_of_scipy_with_ties():
    """And 0 where one side is all alike."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 50).astype(float), rng.normal(size=50)

    assert spearmanr(a, b).statistic == pytest.approx(spearman(a, b))
    assert 0 == spearman(np.ones(5), b[:5])
