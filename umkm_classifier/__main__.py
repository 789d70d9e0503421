"""``python -m umkm_classifier`` is ``umkm``."""

from __future__ import annotations

from umkm_classifier.cli.main import main

if __name__ == "__main__":
    main()
