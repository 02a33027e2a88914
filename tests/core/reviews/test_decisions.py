"""Sign-off: a mixture holds only as it was signed."""

import pytest

from core.errors import BadInputError, NotFoundError
from core.reviews.decisions import Decisions
from core.types import Document, Mixture
from core.workspace import Workspace


def write(workspace, count):
    workspace.write_corpus("c", [(Document(f"d{i}", f"text {i}", "web"), 2) for i in range(count)])


def mixture(**changes):
    return Mixture(**{"name": "m", "corpus": "c", "weights": {"web": 1.0}, **changes})


@pytest.fixture
def decisions(tmp_path):
    workspace = Workspace(tmp_path / "ws")
    write(workspace, 5)
    workspace.save_mixture(mixture())
    return Decisions(workspace)


def test_all_who_are_named_must_approve(decisions):
    """Open until the last has signed."""
    made = decisions.propose("m", "ann", ["bob", "cid", "bob"], "for the next run")
    half = decisions.sign(made.id, "bob", True)
    whole = decisions.sign(made.id, "cid", True, "looked at 50 documents")

    assert ("open", "waits for bob, cid") == (made.state, made.why)
    assert ("open", "waits for cid") == (half.state, half.why)
    assert ("approved", "signed by bob, cid") == (whole.state, whole.why)
    assert {made.seal} == {signature.seal for signature in whole.signatures}


def test_one_rejection_rejects_and_may_be_withdrawn(decisions):
    """The latest word counts, the earlier stays on record."""
    made = decisions.propose("m", "ann", ["bob"])
    no = decisions.sign(made.id, "bob", False, "too much web")
    yes = decisions.sign(made.id, "bob", True)

    assert ("rejected", "bob: too much web") == (no.state, no.why)
    assert "approved" == yes.state
    assert [False, True] == [signature.approves for signature in yes.signatures]


def test_a_changed_mixture_voids_the_sign_off(decisions):
    """Any key counts, here the seed; put back, the signatures hold again."""
    made = decisions.propose("m", "ann", ["bob"])
    decisions.sign(made.id, "bob", True)
    decisions.workspace.save_mixture(mixture(seed=1))
    changed = decisions.decision(made.id)

    assert ("void", "the mixture 'm' has changed since") == (changed.state, changed.why)
    with pytest.raises(BadInputError, match=r"is void .* propose it again"):
        decisions.sign(made.id, "bob", True)
    decisions.workspace.save_mixture(mixture())
    assert "approved" == decisions.decision(made.id).state


def test_a_changed_corpus_voids_the_sign_off(decisions):
    """One document more is another corpus; a new proposal starts without signatures."""
    made = decisions.propose("m", "ann", ["bob"])
    decisions.sign(made.id, "bob", True)
    write(decisions.workspace, 6)

    assert "the corpus 'c' has changed since" == decisions.decision(made.id).why
    again = decisions.propose("m", "ann", ["bob"])
    assert ("open", ()) == (again.state, again.signatures)
    assert [again.id, made.id] == [decision.id for decision in decisions.decisions()]
    decisions.workspace.delete_corpus("c")
    assert "void" == decisions.decision(again.id).state


def test_what_breaks_a_rule_is_refused(decisions):
    """Each line says what to do."""
    with pytest.raises(BadInputError, match="nobody is named to sign"):
        decisions.propose("m", "ann", [])
    with pytest.raises(NotFoundError, match="no such mixture"):
        decisions.propose("n", "ann", ["bob"])
    with pytest.raises(NotFoundError, match="7: no such decision"):
        decisions.sign(7, "bob", True)
    made = decisions.propose("m", "ann", ["bob"])
    with pytest.raises(BadInputError, match=r"eve: is not named to sign .* those named are: bob"):
        decisions.sign(made.id, "eve", True)
    with pytest.raises(BadInputError, match="a rejection needs a reason"):
        decisions.sign(made.id, "bob", False, " ")

    assert () == decisions.decision(made.id).signatures


def test_a_mixture_of_other_documents_cannot_be_proposed(decisions):
    """Its own fingerprint of the corpus is not that of the corpus there is."""
    decisions.workspace.save_mixture(mixture(corpus_fingerprint="0" * 64))

    with pytest.raises(BadInputError, match="made for other documents"):
        decisions.propose("m", "ann", ["bob"])
