"""Build the documentation: pages, then the site, then a look for what it would load from elsewhere.

    python -m docs.generator [--pages-only]

Run it in the project's root. The pages go to build/docs, the site to build/site. Every warning of
the site builder is an error: a link or an anchor that does not exist, a name that has no docstring.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from docs.generator.pages import write_pages
from docs.generator.self_contained import foreign_requests

ROOT = Path(__file__).resolve().parents[2]
PAGES, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"


def main() -> None:
    """Write the pages and build the site."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages-only", action="store_true", help="do not build the site")
    given = parser.parse_args()
    shutil.rmtree(PAGES, ignore_errors=True)
    write_pages(ROOT, PAGES)
    if given.pages_only:
        return
    shutil.rmtree(SITE, ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    built = subprocess.run(command, cwd=ROOT, check=False)
    if built.returncode:
        sys.exit(built.returncode)
    found = foreign_requests(SITE)
    if found:
        sys.exit("the site would load from another host:\n" + "\n".join(found))
    print(f"{SITE.relative_to(ROOT)}/index.html")


if __name__ == "__main__":
    main()
