"""The card beside an export: what it is, what went into it, what was left out, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from core.types import Corpus, Manifest, Mixture, Plan


def card(plan: Plan, manifest: Manifest, corpus: Corpus) -> str:
    """Return the card as Markdown; names that came with the data stand as code, never as markup.

    Its head is that of a Hugging Face data set card, so that `datasets.load_dataset(folder)` reads the data
    files and not the manifest beside them.
    """
    mixture = plan.mixture
    told = [f"- {_prose(warning)}" for warning in plan.warnings] or ["None."]
    parts = [
        _head(manifest),
        f"# {mixture.name}",
        _prose(mixture.rationale) or "A mixture for language-model training.",
        f"From the corpus `{corpus.name}`: {corpus.documents:,} documents, {corpus.tokens:,} tokens "
        f"(counted with {_code(corpus.tokenizer or 'an unnamed tokenizer')}). Seed {mixture.seed}. "
        f"Fingerprint `{manifest.fingerprint}`.",
        "## Domains",
        _table(
            ("domain", "weight", "documents", "tokens seen", "epochs"),
            (
                (_code(d), f"{p.weight:.4f}", f"{p.documents:,}", f"{p.tokens:,}", f"{p.epochs:.3g}")
                for d, p in manifest.domains.items()
            ),
        ),
        "Weights are shares of the tokens seen in training, not of documents or samples. Each document "
        "stands once in its domain's file, in the order in which it is first seen; a trainer repeats a domain "
        "by its epochs. A domain of less than one epoch holds as many documents as reach its tokens: the "
        "last one may go beyond. `manifest.json` holds all of this for programs; Hugging Face `datasets` "
        "reads this folder as one data set, domain after domain, each document once.",
        "## What was left out",
        _table(
            ("step", "documents", "tokens"),
            ((_code(row.name), f"{row.documents:,}", f"{row.tokens:,}") for row in plan.waterfall),
        ),
        "\n".join(f"- {_code(f.name)} keeps {_code(f.keep)}" for f in mixture.filters) or "No filter.",
        _masked(mixture),
        *(
            [f"Before each text stands its column {_code(mixture.preface)}, counted in its tokens."]
            if mixture.preface
            else []
        ),
        "## Warnings",
        "\n".join(told),
        "## Files",
        _table(
            ("file", "rows", "tokens", "SHA-256"),
            ((_code(f.path), f"{f.rows:,}", f"{f.tokens:,}", f"`{f.sha256}`") for f in manifest.files),
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _masked(mixture: Mixture) -> str:
    """What has been masked in the texts; tokens were counted before."""
    if mixture.mask is None:
        return "Personal data in the texts was not masked."
    how = {"placeholder": "by a word for its kind", "surrogate": "by a stand-in that is nobody's"}
    kinds = ", ".join(kind.replace("_", " ") for kind in mixture.mask.kinds)
    return (
        f"Masked in the texts, {how[mixture.mask.style]}: {kinds}, as far as patterns find them. "
        "Tokens were counted before; ids and sources are as they came."
    )


def _prefaced(mixture: Mixture) -> list[str]:
    if mixture.preface is None:
        return []
    return [
        f"Before each text stands what its column {_code(mixture.preface)} holds; its tokens are counted."
    ]


def _head(manifest: Manifest) -> str:
    """The lines by which Hugging Face datasets finds the data."""
    globs = sorted({f'"{PurePosixPath(f.path).with_stem("*")}"' for f in manifest.files})
    return "\n".join(
        ["---", "configs:", "- config_name: default", f"  data_files: [{', '.join(globs)}]", "---"]
    )


def _code(text: str) -> str:
    return "`" + _line(text.replace("`", "'")) + "`"


def _prose(text: str) -> str:
    return "".join("\\" + c if c in "\\`*_[]<>#|!" else c for c in _line(text))


def _line(text: str) -> str:
    """Fold white space; terminal escapes and signs that turn the direction of writing are replaced."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
