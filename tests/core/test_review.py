"""Review sessions: who said what about which document, and what it comes to."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from core.errors import BadInputError, NotFoundError
from core.review import Reviews, column_name
from core.reviews.tables import METADATA, engine_for
from core.types import Document
from core.workspace import Workspace

ROOT = Path(__file__).parents[2]


def write(workspace, count=30):
    documents = [Document(f"d{i}", f"text {i}", "web" if i % 5 else "book") for i in range(count)]
    return workspace.write_corpus("c", [(document, 2) for document in documents])


@pytest.fixture
def reviews(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    write(workspace)
    return Reviews(workspace)


@pytest.fixture
def four(reviews):
    """A session over d0 to d3."""
    ids = ["d0", "d1", "d2", "d3"]
    reviews.open("s", "c", "Is it good?", ["yes", "no"], "ann", documents=ids, blind=False)
    return reviews


def give(reviews, reviewer, labels, session="s"):
    for number, label in enumerate(labels):
        if label != ".":
            reviews.give(session, f"d{number}", reviewer, {"y": "yes", "n": "no"}[label])


def test_the_same_seed_draws_the_same_documents(reviews):
    """Another seed draws others; the corpus's fingerprint is on the session."""
    drawn = [
        list(reviews.documents(reviews.open(name, "c", "?", ["a", "b"], "ann", size=10, seed=seed).name))
        for name, seed in (("one", 1), ("two", 1), ("three", 2))
    ]

    assert drawn[0] == drawn[1] != drawn[2]
    assert 10 == len(set(drawn[0]))
    assert reviews.workspace.corpus("c").fingerprint == reviews.session("one").corpus_fingerprint


def test_a_stratified_sample_has_as_many_of_each_value(reviews):
    """Six books of thirty: five and five of ten, and all six where twenty are drawn."""
    reviews.open("few", "c", "?", ["a", "b"], "ann", size=10, stratify="source")
    reviews.open("more", "c", "?", ["a", "b"], "ann", size=20, stratify="source")
    sources = {d: "web" if int(d[1:]) % 5 else "book" for d in reviews.documents("more")}

    assert {"web": 5, "book": 5} == Counter(sources.get(d, "web") for d in reviews.documents("few"))
    assert {"web": 14, "book": 6} == Counter(sources.values())


def test_documents_given_keep_their_order_and_rows(reviews):
    """A repeated id counts once."""
    reviews.open("s", "c", "?", ["a", "b"], "ann", documents=["d7", "d2", "d7"])

    assert {"d7": 7, "d2": 2} == reviews.documents("s")
    assert ["d7", "d2"] == list(reviews.documents("s"))


def test_the_queue_goes_through_what_a_reviewer_has_not_judged(four):
    """Each reviewer has a queue of their own."""
    give(four, "ann", "yn")

    assert ("d2", 2) == four.next("s", "ann")
    assert ("d0", 0) == four.next("s", "bob")
    give(four, "ann", "ynyn")
    assert four.next("s", "ann") is None


def test_a_changed_mind_is_a_new_row_and_the_latest_counts(four):
    """Nothing is overwritten."""
    give(four, "ann", "y")
    give(four, "ann", "n")

    assert ["yes", "no"] == [verdict.label for verdict in four.history("s")]
    assert {"d0": {"no": 1}} == {d: c for d, c in four.counts("s").items() if c}


def test_undo_is_a_new_row_and_what_was_said_before_counts_again(four):
    """Twice undone, the document is in the queue again; a third time there is nothing to take back."""
    give(four, "ann", "y")
    give(four, "ann", "n")
    four.undo("s", "ann")

    assert "yes" == four.latest("s")["ann"]["d0"].label
    four.undo("s", "ann", "d0")
    assert ("d0", 0) == four.next("s", "ann")
    assert ["yes", "no", None, None] == [verdict.label for verdict in four.history("s")]
    with pytest.raises(BadInputError, match="no verdict on 's' to take back"):
        four.undo("s", "ann")


@pytest.mark.parametrize("table", ["review_verdicts", "review_signatures"])
@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET time = 0"])
def test_the_database_itself_refuses_to_change_what_was_said(four, table, sql):
    """Not even SQL by hand takes a row away."""
    give(four, "ann", "y")
    engine = engine_for(four.workspace.database_url)
    seal = "INSERT INTO review_signatures VALUES (1, 1, 'ann', 1, '', '', 0)"
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql(
            "INSERT INTO review_proposals VALUES (1, '', '', '', '', '', '', '[]', '', 0)"
        )
        connection.exec_driver_sql(seal)

    with pytest.raises(sqlalchemy.exc.IntegrityError, match="only ever added"), engine.begin() as connection:
        connection.exec_driver_sql(sql.format(table))


def test_progress_and_agreement_of_two(four):
    """Cohen's kappa is over what both judged: three documents, two alike, by chance 4/9."""
    give(four, "ann", "yyn.")
    give(four, "bob", "ynny")
    result = four.agreement("s")

    assert {"ann": 3, "bob": 4} == four.progress("s")
    assert (2 / 3 - 4 / 9) / (1 - 4 / 9) == pytest.approx(result["cohen"]["ann & bob"])
    assert result["fleiss"] is None
    assert 1 - (2 / 6) / (18 / 30) == pytest.approx(result["alpha"])


def test_agreement_of_three(four):
    """Pairs, and Fleiss' kappa over what all three judged."""
    give(four, "ann", "yyn.")
    give(four, "bob", "yynn")
    give(four, "cid", "yynn")
    result = four.agreement("s")

    assert {"ann & bob": 1, "ann & cid": 1, "bob & cid": 1} == result["cohen"]
    assert 1 == result["fleiss"] == result["alpha"]


def test_agreement_without_verdicts_is_undefined(four):
    """Nothing to divide by is null, not an error."""
    assert {"cohen": {}, "fleiss": None, "alpha": None} == four.agreement("s")


def test_the_most_divided_documents_come_first(four):
    """With each reviewer's label and note."""
    for reviewer, labels in (("ann", "yny"), ("bob", "yyn"), ("cid", "yyn"), ("dan", "yny")):
        give(four, reviewer, labels)
    four.give("s", "d1", "dan", "yes", "second thoughts")
    found = four.disagreements("s")

    assert ["d2", "d1"] == [item["document"] for item in found]
    assert {"ann": "no", "bob": "yes", "cid": "yes", "dan": "yes"} == found[1]["labels"]
    assert "second thoughts" == found[1]["notes"]["dan"]


def test_a_blind_session_hides_disagreement_until_all_are_through(reviews):
    """Nobody is led by what others said."""
    reviews.open("s", "c", "?", ["yes", "no"], "ann", documents=["d0", "d1"])
    give(reviews, "ann", "yn")
    give(reviews, "bob", "n")

    with pytest.raises(BadInputError, match="blind until all who began are through"):
        reviews.disagreements("s")
    give(reviews, "bob", "nn")
    assert ["d0"] == [item["document"] for item in reviews.disagreements("s")]


def test_a_session_becomes_a_column(four):
    """The label most gave, null at a tie and where nobody judged; and how many agreed."""
    for reviewer, labels in (("ann", "yyn"), ("bob", "yny"), ("cid", "yn.")):
        give(four, reviewer, labels)
    column = four.column("s")
    table = four.workspace.query(
        four.workspace.corpus("c"), "SELECT review_s, review_s_share FROM documents ORDER BY row"
    )

    assert ("review_s", "review_s_share") == column.names
    assert "review" == column.kind == column.maker
    assert ["yes", "no", None, None, None] == table.column(0).to_pylist()[:5]
    assert [1.0, pytest.approx(2 / 3), 0.5, None, None] == table.column(1).to_pylist()[:5]


def test_new_verdicts_make_a_new_column_and_the_same_make_none(four):
    """A column is signed with what the reviewers said."""
    give(four, "ann", "y")
    first, again = four.column("s"), four.column("s")
    give(four, "ann", "n")

    assert first.fingerprint == again.fingerprint != four.column("s").fingerprint
    labels = four.workspace.read(four.workspace.corpus("c"), ["review_s"]).column(0).to_pylist()
    assert "no" == labels[0]


def test_another_corpus_of_the_name_ends_the_session(four):
    """Verdicts are about the documents as they were."""
    give(four, "ann", "y")
    write(four.workspace, 31)

    for act in (
        lambda: four.next("s", "ann"),
        lambda: four.give("s", "d0", "ann", "yes"),
        lambda: four.column("s"),
    ):
        with pytest.raises(BadInputError, match="other documents than when the session was opened"):
            act()
    assert {"ann": 1} == four.progress("s")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "s/../t"}, "session's name"),
        ({"corpus": "d"}, "no such corpus"),
        ({"labels": ["yes"]}, "2 to 40 different labels"),
        ({"labels": ["yes", " yes"]}, "2 to 40 different labels"),
        ({"labels": ["yes", ""]}, "2 to 40 different labels"),
        ({"maker": "  "}, "person's name"),
        ({"maker": "a\x1b[31m"}, "person's name"),
        ({"size": 31}, "the corpus holds 30 documents"),
        ({"size": 0}, "a sample of 0"),
        ({"stratify": "colour"}, "no such column"),
        ({"documents": ["d1", "nobody"]}, "nobody: no such document"),
        ({"documents": []}, "no id"),
    ],
)
def test_bad_sessions_are_refused(reviews, settings, words):
    """Nothing of them stays."""
    good = {"name": "s", "corpus": "c", "question": "?", "labels": ["yes", "no"], "maker": "ann", "size": 5}
    with pytest.raises(BadInputError, match=words):
        reviews.open(**{**good, **settings})

    assert [] == reviews.sessions()


def test_a_name_is_taken_once(four):
    """The first session stays as it is."""
    with pytest.raises(BadInputError, match="a session of that name is there"):
        four.open("s", "c", "Other?", ["a", "b"], "bob", size=5)

    assert "Is it good?" == four.session("s").question
    assert 4 == len(four.documents("s"))


def test_bad_verdicts_are_refused(four):
    """Each line names the value and the remedy."""
    with pytest.raises(BadInputError, match="maybe: not a label of this session; give yes or no"):
        four.give("s", "d0", "ann", "maybe")
    with pytest.raises(NotFoundError, match="d9: no document of the session"):
        four.give("s", "d9", "ann", "yes")
    with pytest.raises(NotFoundError, match="there are: s"):
        four.give("t", "d0", "ann", "yes")
    with pytest.raises(BadInputError, match="at most 4000"):
        four.give("s", "d0", "ann", "yes", "x" * 4001)
    with pytest.raises(BadInputError, match="nobody has judged"):
        four.column("s")

    assert [] == four.history("s")


WRITER = """
import sys
from core.review import Reviews
from core.workspace import Workspace
reviews = Reviews(Workspace(sys.argv[1]))
for number in range(25):
    reviews.give("s", f"d{number % 4}", sys.argv[2], "yes" if number % 2 else "no")
    if number % 5 == 4:
        reviews.undo("s", sys.argv[2])
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    """Two reviewers, and a third in two places at once: every row is there, each undo took another row back."""
    workspace = Workspace(tmp_path / "ws")
    write(workspace)
    Reviews(workspace).open("s", "c", "?", ["yes", "no"], "ann", documents=["d0", "d1", "d2", "d3"])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(workspace.folder), name], cwd=ROOT)
        for name in ("ann", "bob", "shared", "shared")
    ]

    assert [0, 0, 0, 0] == [writer.wait(timeout=120) for writer in writers]
    history = Reviews(workspace).history("s")
    undone = [row.undoes for row in history if row.undoes]
    assert {"ann": 25, "bob": 25, "shared": 50} == Counter(row.reviewer for row in history if row.label)
    assert 20 == len(undone) == len(set(undone))


def test_processes_may_make_the_tables_at_once(tmp_path):
    """The first look at a fresh workspace is nobody's privilege."""
    code = "import sys; from core.reviews.tables import engine_for; engine_for(sys.argv[1])"
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    makers = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT) for _ in range(4)]

    assert [0, 0, 0, 0] == [maker.wait(timeout=60) for maker in makers]


def test_the_tables_are_postgresql_too():
    """Every table compiles for it."""
    for table in METADATA.sorted_tables:
        made = str(CreateTable(table, if_not_exists=True).compile(dialect=postgresql.dialect()))

        assert f"CREATE TABLE IF NOT EXISTS {table.name}" in made


def test_a_database_that_cannot_be_used_is_one_line(tmp_path):
    """A folder in the place of the file."""
    with pytest.raises(BadInputError, match="cannot be used"):
        engine_for(f"sqlite:///{tmp_path}")


def test_a_session_name_becomes_a_column_name():
    """What SQL would have to quote becomes '_'."""
    assert "review_first_look_2" == column_name("first-look.2")
