"""Own columns: the steps that their tests share."""

import pyarrow as pa
import pyarrow.parquet as pq

from core import own

SECRET = "confidential"  # stands in the texts, so no error may show it


def put(workspace, code, name="sig"):
    """Write a Python signal."""
    path = workspace.folder / "signals" / f"{name}.py"
    path.write_text(code, encoding="utf-8")
    return path


def values(workspace, *names, corpus="c"):
    """Return columns as lists; the only one by itself."""
    table = workspace.read(workspace.corpus(corpus), list(names))
    found = [table[name].to_pylist() for name in names]
    return found[0] if len(found) == 1 else found


def added(workspace, code, **options):
    """Add the column of a signal with this code."""
    put(workspace, code)
    return own.add_python(workspace, "c", "sig", ["sig"], **options)


def scores(tmp_path, table, name="scores.parquet"):
    """Write a Parquet file of these columns."""
    path = tmp_path / name
    pq.write_table(pa.table(table), path)
    return path
