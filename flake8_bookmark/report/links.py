"""Where the explanation page of a finding is.

The base URL comes from one place, the Documentation URL of the package metadata. The setting `bkm-docs-url`
replaces it: by another base, by a pattern with `{code}` and `{anchor}`, or, with the value `local`, by the
pages on this disk.
"""

from __future__ import annotations

from pathlib import Path

from flake8_bookmark.about import documentation

LOCAL = "local"
PACKAGE = Path(__file__).parent.parent
# The wheel holds the pages inside the package; a checkout or an editable install has them in docs/.
PAGE_FOLDERS = (PACKAGE / "pages_md", PACKAGE.parent / "docs" / "rules")


def page_link(code: str, anchor: str, docs_url: str = "") -> str:
    """Return the address of the page about `code`, at the section `anchor` if it is not empty."""
    base = docs_url or documentation() or LOCAL  # the pages on disk if this code runs without being installed
    if base == LOCAL:
        return local_link(code, anchor)
    pattern = (
        base if "{code}" in base or "{anchor}" in base else f"{base.rstrip('/')}/rules/{{code}}/#{{anchor}}"
    )
    # Not str.format: other braces of the URL are none of our business.
    return pattern.replace("{code}", code).replace("{anchor}", anchor).removesuffix("#")


def local_link(code: str, anchor: str) -> str:
    pages = [folder / f"{code}.md" for folder in PAGE_FOLDERS]
    page = next((page for page in pages if page.is_file()), pages[-1])
    return page.as_uri() + (f"#{anchor}" if anchor else "")
