"""Which field is the text, the id, the source; what becomes of the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sources import _records
from core.sources._records import Origin, Wanted, as_text, guess_text_fields, scalar, well_formed
from core.sources._tidy import FieldNames, UniqueIds
from core.types import Document, Rejected

ORIGIN = Origin("a.jsonl", "a", "a")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def document(record, **wanted):
    """Return what becomes of one record on line 1."""
    return next(_records.documents([(1, record)], ORIGIN, Wanted(**wanted)))


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"text": "t", "content": "c"}, "t"),
        ({"content": "c", "title": "x"}, "c"),
        ({"body": "b", "abstract": "a"}, "b"),
        ({"Text": "spelt"}, "spelt"),
        ({"instruction": "i", "input": "", "output": "o"}, "i\n\no"),
        ({"instruction": "i", "output": "o", "n": 1}, "i\n\no"),
        ({"question": "q", "answer": "a"}, "q\n\na"),
        ({"prompt": "p", "completion": "c"}, "p\n\nc"),
        (
            {"messages": [{"role": "user", "content": "hi"}, {"role": "bot", "content": "ho"}]},
            "user: hi\n\nbot: ho",
        ),
        ({"conversations": [{"from": "human", "value": "hi"}]}, "human: hi"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, "user: hi"),
        ({"text": ["line", None, "line"]}, "line\nline"),
        ({"text": b"bytes"}, "bytes"),
    ],
)
def test_the_text_is_guessed(record, text):
    """Known names are tried in order, whatever their case; pairs and messages are put together."""
    assert text == document(record).text


def test_the_guess_holds_for_the_file():
    """The name that most of the first records have is the text of all of them."""
    records = [{"content": "c", "text": None}] * 3 + [{"text": "t"}]
    found = list(_records.documents(list(enumerate(records, 1)), ORIGIN, Wanted()))

    assert guess_text_fields(records) == ("content",)
    assert [Document, Document, Document, Rejected] == [type(one) for one in found]
    assert guess_text_fields([{"foo": "a"}]) == ()


@pytest.mark.parametrize(
    ("record", "identity", "source"),
    [
        ({"id": "i", "source": "s"}, "i", "s"),
        ({"_id": 5, "dataset": "d"}, "5", "d"),
        ({"url": "http://x", "meta": {"source": "deep"}}, "http://x", "deep"),
        ({"id": "", "uuid": "u", "source": None, "domain": "d"}, "u", "d"),
        ({"id": True, "source": " "}, "a:1", "a"),
        ({"id": 1.5, "source": ["x"]}, "a:1", "a"),
    ],
)
def test_id_and_source_are_guessed(record, identity, source):
    """The first known field that holds a word or a whole number; else the file and its line."""
    made = document({"text": "t", **record})

    assert (made.id, made.source) == (identity, source)


def test_named_fields_must_be_there():
    """A field that a person names is used, dots lead into maps, and a record without it is refused."""
    record = {"text": "no", "data": {"words": "yes", "from": "web", "k": 3}}
    wanted = {"text_field": "data.words", "id_field": "data.k", "source_field": "data.from"}
    made = document(record, **wanted)

    assert ("3", "yes", "web") == (made.id, made.text, made.source)
    for key in wanted:
        refused = document({"text": "t"}, **{key: "gone"})
        assert refused == Rejected("missing field", "a.jsonl", 1, "no field 'gone'; there are: text")


def test_a_guess_that_fails_says_what_there_is():
    """The refusal names the record's fields, and not more than twelve."""
    refused = document({f"f{i}": "x" for i in range(20)})

    assert "no field is known to hold the text; there are: f0, f1" in refused.detail
    assert refused.detail.endswith("f11, …")


@given(st.dictionaries(st.sampled_from(["text", "id", "source", "meta", "a", "\ud800"]), JSON))
def test_any_record_becomes_a_document_or_a_refusal(record):
    """Whatever a record holds, it is kept or refused, and what is kept fits a file."""
    made = document(record)

    if isinstance(made, Document):
        made.text.encode()
        assert made.text.strip() or made.text
        assert all(v is None or isinstance(v, str | bool | int | float) for v in made.fields.values())


def test_scalars():
    """Maps and lists become JSON, bytes nothing, what is not JSON its name."""
    import datetime

    assert scalar({"a": [1, b"x", datetime.date(2020, 1, 2)]}) == '{"a": [1, "", "2020-01-02"]}'
    assert [scalar(v) for v in (None, True, 5, 0.5, "s", b"x")] == [None, True, 5, 0.5, "s", None]
    assert scalar(datetime.time(1, 2)) == "01:02:00"


def test_text_of_other_types_is_refused():
    """A number or a map is not text."""
    for value in (5, 1.5, {"a": "b"}):
        with pytest.raises(TypeError, match="the text is of type"):
            as_text(value)


def test_lone_surrogates_are_replaced_and_pairs_joined():
    """A text always fits a file."""
    assert well_formed("a\ud800b") == ("a\ufffdb", 5)
    assert well_formed("\ud83d\ude00") == ("\U0001f600", 4)
    assert well_formed("größe") == ("größe", 7)


# --- one corpus of many files -------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#2#2", "", "\ud800"]), max_size=60))
def test_every_id_is_given_once(ids):
    """Ids come out distinct, and the first of each name keeps it."""
    unique = UniqueIds()
    given_out = [unique.unique(one) for one in ids]

    assert len(set(given_out)) == len(ids)
    assert all(new.startswith(old) for old, new in zip(ids, given_out, strict=True))
    assert [new for old, new in zip(ids, given_out, strict=True)][:1] == ids[:1]


def test_many_ids_take_16_bytes_each():
    """The table grows with the ids, and holds no id itself."""
    unique = UniqueIds()
    for i in range(20_000):
        unique.unique(f"a rather long identity of document number {i}")

    assert 8 * len(unique._slots) <= 32 * 20_000
    assert unique.unique("a rather long identity of document number 7").endswith("7#2")


def test_reserved_names_and_case():
    """Reserved names get an underscore, spellings of one name share a column, clashes are numbered."""
    names = FieldNames(["text", "tokens"])

    assert names.renamed({"Tokens": 1, "year": 2}) == {"Tokens_": 1, "year": 2}
    assert names.renamed({"YEAR": 3, "tokens_": 4}) == {"year": 3, "tokens__": 4}
    assert names.renamed({"Year": 1, "year": 2, " ": 3, "a\nb\ud800": 4}) == {
        "year": 1, "year_2": 2, "unnamed": 3, "a b": 4
    }  # fmt: skip
    assert names.renamed({"year_2": 5}) == {"year_2_": 5}


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=4) | st.sampled_from(["a", "A", "a_2", "row"]), st.integers(), max_size=6
        ),
        max_size=6,
    )
)
def test_no_value_is_lost_under_any_names(records):
    """Whatever the names, every value stands in one column, none reserved, none alike but for case."""
    names = FieldNames(["row", "a_2"])
    taken = set()
    for record in records:
        named = names.renamed(record)
        taken |= named.keys()
        assert sorted(record.values()) == sorted(named.values())
        assert not {"row", "a_2"} & {name.lower() for name in named}
        assert len({name.lower() for name in named}) == len(named)
    for name in taken:
        name.encode()


def test_fields_without_end_share_a_column():
    """After 200 names the others stand together in one, as JSON."""
    names = FieldNames([])
    named = names.renamed({f"f{i}": i for i in range(205)})

    assert len(named) == 201
    assert named["more_fields"] == '{"f200": 200, "f201": 201, "f202": 202, "f203": 203, "f204": 204}'
