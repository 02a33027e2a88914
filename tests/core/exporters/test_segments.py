"""A domain cut where stages begin: what the stages read is what one long reading would have been."""

from hypothesis import given
from hypothesis import strategies as st

from core.exporters._segments import segments


@given(st.integers(1, 30), st.lists(st.integers(0, 80), min_size=1, max_size=5))
def test_each_stage_reads_what_comes_next(samples, sizes):
    """Counted sample by sample, through as many epochs as there are."""
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    parts, counts = segments(samples, ends)
    for begin, end, row in zip([0, *ends], ends, counts, strict=False):
        expected = [0] * samples
        for position in range(begin, end):
            expected[position % samples] += 1
        found = [0] * samples
        for (first, last), times in zip(parts, row, strict=True):
            for sample in range(first, last):
                found[sample] += times

        assert expected == found


def test_what_no_stage_reads_is_left_out():
    """Ten samples of which two stages read six."""
    assert ([(0, 4), (4, 6)], [[1, 0], [0, 1]]) == segments(10, [4, 6])
