# Copyright (c) 2026, connectops.recovery contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation as a site: the pages of ``docs/``, and a page for each module, role and lookup.

All references between plugins are checked first; a warning of Sphinx is an error.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tooling.environment import CACHE, REQUIREMENTS, ROOT, ToolingError, environment
from tooling.package import run
from tooling.sanity import copy_collection

FOLDER = CACHE / "site"
_CONF = """project = "connectops.recovery"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
html_title = project
root_doc = "README"
myst_heading_anchors = 4
exclude_patterns = ["collections/index.rst", "collections/connectops/index.rst", "collections/environment_variables.rst"]
# Labels in the documentation of ansible-core, which is not asked for over the network.
suppress_warnings = ["ref.ref"]
"""
_CONTENTS = """
```{toctree}
:hidden:
:glob:
:titlesonly:

docs/*
docs/playbooks/*
docs/roles/*
CONTRIBUTING
Modules, roles and lookups <collections/connectops/recovery/index>
```
"""


def prepared(copy: Path, python: Path) -> Path:
    """The folder with the sources of the site. Raises ToolingError, also for a reference that leads nowhere."""
    collections = str(copy.parents[2])
    antsibull = python.parent / "antsibull-docs"
    checks = ["--plugin-docs", "--validate-collection-refs", "all", "--skip-rstcheck"]
    run([antsibull, "lint-collection-docs", *checks, "."], copy, python, ANSIBLE_COLLECTIONS_PATH=collections)
    source = FOLDER / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    generate: list[str | Path] = [
        "collection",
        "--use-current",
        "--dest-dir",
        source,
        "--fail-on-error",
        "connectops.recovery",
    ]
    run([antsibull, *generate], copy, python, ANSIBLE_COLLECTIONS_PATH=collections)
    shutil.copytree(copy / "docs", source / "docs")
    shutil.copy(copy / "CONTRIBUTING.md", source)
    (source / "conf.py").write_text(_CONF, encoding="utf-8")
    readme = (copy / "README.md").read_text(encoding="utf-8")
    (source / "README.md").write_text(readme + _CONTENTS, encoding="utf-8")
    return source


def main() -> None:
    try:
        python = environment(CACHE / "venv-publishing", REQUIREMENTS / "publishing.txt")
        source = prepared(copy_collection(ROOT, FOLDER), python)
        pages = FOLDER / "html"
        run([python, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", source, pages], FOLDER, python)
    except ToolingError as error:
        sys.exit(str(error))
    print(f"Built: {(pages / 'README.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
