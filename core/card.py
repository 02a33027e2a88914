"""The card beside an export: what it is, what went into it, what was left out, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from core.contents import STATED, Contents
from core.types import Corpus, Manifest, ManifestFile, Mixture, Plan

MOST_FILES = 200  # in the card's table
_TEXTS = (".jsonl", ".parquet")


def card(plan: Plan, manifest: Manifest, corpus: Corpus, contents: Contents) -> str:
    """Return the card as Markdown; names that came with the data stand as code, never as markup.

    Its head is that of a Hugging Face data set card where the files hold texts, so that
    `datasets.load_dataset(folder)` reads them and not the manifest beside them, and
    `load_dataset(folder, NAME)` one domain, by its file's name.
    """
    mixture = plan.mixture
    told = [f"- {_prose(warning)}" for warning in plan.warnings] or ["None."]
    parts = [
        *_head(manifest),
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
        _reading(manifest),
        "## Sources",
        _table(
            ("source", "documents", "tokens"),
            ((_code(d), f"{c.documents:,}", f"{c.tokens:,}") for d, c in contents.sources.items()),
        ),
        *_more(contents, "source"),
        "## Licences",
        *_licences(contents),
        "## Signals",
        *_signals(contents),
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
        *_stages(mixture),
        "## Known gaps",
        "\n".join(f"- {gap}" for gap in _gaps(mixture, contents)) or "None that columns could show.",
        "## Warnings",
        "\n".join(told),
        "## Files",
        _table(
            ("file", "rows", "tokens", "SHA-256"),
            (
                (_code(f.path), f"{f.rows:,}", f"{f.tokens:,}", f"`{f.sha256}`")
                for f in manifest.files[:MOST_FILES]
            ),
        ),
        *(
            [f"And {len(manifest.files) - MOST_FILES:,} others, which stand in `manifest.json`."]
            if len(manifest.files) > MOST_FILES
            else []
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


def _stages(mixture: Mixture) -> list[str]:
    """What stages do to the order of documents and to their prefaces, which the files hold."""
    told = []
    for number, stage in enumerate(mixture.stages, 1):
        if stage.order is not None:
            way = "falling" if stage.order.descending else "rising"
            told.append(
                f"- The documents first seen in stage {number} come by {_code(stage.order.by)}, {way}; equal ones "
                "by chance, those without a value last."
            )
        if not stage.preface:
            told.append(f"- The documents first seen in stage {number} stand without their prefaces.")
    return ["\n".join(told)] if told else []


def _reading(manifest: Manifest) -> str:
    """How the files are to be read, and by whose count of tokens."""
    said = ["Weights are shares of the tokens seen in training, not of documents or samples."]
    if manifest.encoding is not None:
        end = _code(manifest.encoding.end_token)
        said.append(
            f"The files hold token ids of {_code(manifest.encoding.tokenizer)}, of "
            f"{manifest.encoding.vocabulary:,} ids; every document ends with {end}, id {manifest.encoding.end}."
        )
    rows = sum(file.rows for file in manifest.files)
    if manifest.encoding is None and rows > sum(part.documents for part in manifest.domains.values()):
        said.append("Each document stands as often as it is seen: one epoch over all files is the mixture.")
    else:
        said.append(
            "Each document stands once, in the order in which it is first seen; a trainer repeats a domain by "
            "its epochs. A domain of less than one epoch holds as many documents as reach its tokens: the last "
            "one may go beyond."
        )
    said.append(
        "`manifest.json` holds all of this for programs, `croissant.json` for catalogues of data sets."
    )
    if manifest.format not in ("jsonl", "parquet"):
        said.append(
            "`TRAINER.md` says how the trainer is started and how the weights were turned into its own."
        )
    if _text_files(manifest):
        said.append(
            "Hugging Face `datasets` reads this folder as one data set, or one domain by its file's name."
        )
    return " ".join(said)


def _licences(contents: Contents) -> list[str]:
    """What was found of licences, else what the documents themselves say."""
    if STATED in contents.values:
        own = f"As the documents' own field `{STATED}` says; nobody compared it with their texts and sources."
        return [own, *_values(contents, STATED)]
    return _values(contents, "licence", "licence_tier") or [
        "Not looked at: the corpus has no licence column."
    ]


def _values(contents: Contents, *names: str) -> list[str]:
    """Tables of how many documents have which value."""
    found = []
    for name in names:
        if name in contents.values:
            rows = ((_code(value), f"{count:,}") for value, count in contents.values[name].items())
            found += [_table((name.replace("_", " "), "documents"), rows), *_more(contents, name)]
    return found


def _more(contents: Contents, name: str) -> list[str]:
    others = contents.more.get(name, 0)
    return [f"And {others:,} others."] if others else []


def _signals(contents: Contents) -> list[str]:
    """How the signals are distributed over the documents written."""
    if not contents.signals:
        return ["None: the corpus has no signals."]
    rows = (
        (_code(name), f"{s.low:.4g}", f"{s.median:.4g}", f"{s.high:.4g}", f"{s.unknown:,}")
        for name, s in contents.signals.items()
    )
    languages = _values(contents, "language") if "language" in contents.values else []
    return [_table(("signal", "5 %", "median", "95 %", "unknown"), rows), *languages]


def _gaps(mixture: Mixture, contents: Contents) -> list[str]:
    """What nobody looked at, or what is not known of some documents."""
    found = []
    licences = contents.values.get("licence", contents.values.get(STATED))
    if licences is None:
        found.append("Licences were not looked at.")
    elif unknown := licences.get("unknown", 0):
        found.append(f"The licence of {unknown:,} of {contents.documents:,} documents is unknown.")
    for name, kind in (("toxicity", "Toxicity"), ("language", "Language")):
        if name not in contents.signals and name not in contents.values:
            found.append(f"{kind} was not measured.")
    if mixture.dedup is None:
        found.append("Duplicates were not removed.")
    if mixture.mask is None:
        found.append("Personal data was not masked.")
    found += [
        f"{_code(name)} is unknown for {spread.unknown:,} of {contents.documents:,} documents."
        for name, spread in contents.signals.items()
        if spread.unknown
    ]
    return found


def _text_files(manifest: Manifest) -> list[ManifestFile]:
    return [file for file in manifest.files if file.path.endswith(_TEXTS)]


def _head(manifest: Manifest) -> list[str]:
    """The lines by which Hugging Face datasets finds the data: all of it, and each domain by itself."""
    files = _text_files(manifest)
    if not files:
        return []
    globs = sorted({f'"{PurePosixPath(file.path).with_stem("*")}"' for file in files})
    lines = ["---", "configs:", "- config_name: default", f"  data_files: [{', '.join(globs)}]"]
    for file in files:
        name = PurePosixPath(file.path).stem
        lines += [f'- config_name: "{"domain-" * (name == "default")}{name}"', f'  data_files: "{file.path}"']
    return ["\n".join([*lines, "---"])]


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
