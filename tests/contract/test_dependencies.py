"""The page of dependencies names each one of pyproject.toml under its extra, with the sort of licence that the installed package states."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parents[2]
FAMILIES = {"apache": "apache", "mit": "mit", "bsd": "bsd", "lgpl": "lgpl|lesser general public", "public domain": "public domain"}
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGE = {cells[0]: cells[1:] for line in (ROOT / "docs/reference/dependencies.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| package") and (cells := [c.strip() for c in line.strip("|").split("|")])}  # fmt: skip


def declared() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    extras = {"": PROJECT["dependencies"], **{k: v for k, v in PROJECT["optional-dependencies"].items() if k not in ("all", "test")}}
    for extra, wanted in extras.items():
        for text in wanted:
            name = re.match(r"[\w.-]+", text)
            assert name is not None
            if name.group() != "disputekit":
                found.setdefault(name.group(), []).append(extra)
    return {n: "–" if extras == [""] else ", ".join(f"`{e}`" for e in sorted(extras)) for n, extras in found.items()}


def test_the_page_names_each_dependency_and_its_extra_and_no_other() -> None:
    assert {name: cells[0] for name, cells in PAGE.items()} == declared()


@pytest.mark.parametrize("name", sorted(declared()))
def test_the_licence_is_of_the_family_that_the_package_states(name: str) -> None:
    try:
        told = metadata(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} isn't installed: install its extra")
    classifiers = [c for c in told.get_all("Classifier") or () if c.startswith("License")]
    stated = " ".join([told.get("License-Expression") or "", (told.get("License") or "")[:200], *classifiers]).lower()
    assert any(family in PAGE[name][1].lower() and re.search(pattern, stated) for family, pattern in FAMILIES.items()), stated
