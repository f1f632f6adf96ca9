"""``python -m engine`` is ``interlock``."""

import sys

from engine.cli import main

sys.exit(main())
