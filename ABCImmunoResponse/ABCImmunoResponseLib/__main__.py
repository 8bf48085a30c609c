"""``python -m ABCImmunoResponseLib``: the command ``abc-immuno-response`` without installing it."""

import sys

from ABCImmunoResponseLib.cli import main

sys.exit(main())
