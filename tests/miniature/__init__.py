"""VoxCeleb in miniature. Speech and rooms are made by the default corpus's own modules."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "local/debian_voices"))
