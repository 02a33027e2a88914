"""The Croissant file beside an export: what it holds, for whoever looks for data sets, and its mixture.

Croissant 1.1 has no word for a mixture, so weights stand in a namespace of our own, `mix:`. No time stands in
it: the same plan has the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from core.types import JSON, Corpus, Manifest, ManifestFile

NAMESPACE = "urn:mixdesk:mixture:"
_FORMATS = {
    ".jsonl": "application/jsonlines",
    ".parquet": "application/x-parquet",
    ".json": "application/json",
}
_FIELDS = {
    "id": "sc:Text",
    "text": "sc:Text",
    "source": "sc:Text",
    "domain": "sc:Text",
    "tokens": "sc:Integer",
}


def croissant(manifest: Manifest, corpus: Corpus, description: str, licences: Iterable[str] = ()) -> JSON:
    """Return the description in JSON-LD: a file object a file, and a record set a domain where files hold texts.

    Token files are described as files alone: Croissant has no word for their contents.
    """
    texts = [file for file in manifest.files if PurePosixPath(file.path).suffix in (".jsonl", ".parquet")]
    value: dict[str, JSON] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": manifest.name,
        "description": description,
        "version": f"1.0.0+{manifest.fingerprint[:12]}",
        "mix:fingerprint": manifest.fingerprint,
        "mix:corpus": corpus.name,
        "mix:budget": manifest.budget,
        "mix:tokenizer": manifest.encoding.tokenizer if manifest.encoding else manifest.tokenizer,
        "mix:domain": [
            {
                "@type": "mix:Domain",
                "name": domain,
                "mix:weight": part.weight,
                "mix:documents": part.documents,
                "mix:tokens": part.tokens,
                "mix:epochs": part.epochs,
            }
            for domain, part in manifest.domains.items()
        ],
        "distribution": [_file(file) for file in manifest.files],
        "recordSet": [_records(file) for file in texts],
    }
    found = list(licences)
    return value | ({"license": found} if found else {})


def _file(file: ManifestFile) -> dict[str, JSON]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": file.path,
        "encodingFormat": _FORMATS.get(PurePosixPath(file.path).suffix, "application/octet-stream"),
        "sha256": file.sha256,
        "mix:inDomain": file.domain,
    }


def _records(file: ManifestFile) -> dict[str, JSON]:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", PurePosixPath(file.path).stem)
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{field}",
            "name": field,
            "dataType": kind,
            "source": {"fileObject": {"@id": file.path}, "extract": {"column": field}},
        }
        for field, kind in _FIELDS.items()
    ]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


_CONTEXT: dict[str, JSON] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "mix": NAMESPACE,
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
