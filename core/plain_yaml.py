"""YAML as people mean it: a key is what is written, and stands once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from core.errors import BadInputError


class _Loader(yaml.SafeLoader):
    """Takes keys for text: `no`, `2020` and `0` are names of domains, not false and numbers."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002 all is deep
        self.flatten_mapping(node)
        return {_written(key): self.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping)


def read(text: str, where: str) -> Any:
    """Read YAML or JSON; every key of a map is a string.

    Args:
        text: The document.
        where: The path or page that holds it, for the error.

    Raises:
        BadInputError: It is no YAML, or a key stands twice in a map, of which YAML would drop the first.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        for key, line in repeated(node):
            raise BadInputError(
                f"{where}: {key}", f"stands twice, again in line {line}", "keep one of the two"
            )
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, BadInputError):
            raise
        rule = "not YAML (nested too deep)" if isinstance(error, RecursionError) else f"not YAML ({error})"
        raise BadInputError(where, rule, "mend the file's syntax") from None


def repeated(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Yield each key that has stood in its map before, with its line (from 1)."""
    nodes, met = [node], set()
    while nodes:
        one = nodes.pop(0)
        if id(one) in met:  # an alias, maybe to what it stands in
            continue
        met.add(id(one))
        if isinstance(one, yaml.SequenceNode):
            nodes.extend(one.value)
        elif isinstance(one, yaml.MappingNode):
            seen: set[Hashable] = set()
            for key, value in one.value:
                if _written(key) in seen:
                    yield str(_written(key)), key.start_mark.line + 1
                seen.add(_written(key))
                nodes.append(value)


def _written(key: yaml.Node) -> Hashable:
    if not isinstance(key, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "a key is no list and no map", key.start_mark)
    return str(key.value)
