from importlib.util import find_spec
from pathlib import Path

import pytest

from speakernet.bin import recognize_phones
from speakernet.config import UserError


@pytest.mark.skipif(find_spec("pocketsphinx") is not None, reason="pocketsphinx is installed")
def test_without_pocketsphinx_the_remedy_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run pip install pocketsphinx, or give an alignment"):
        recognize_phones.main([str(tmp_path), str(tmp_path / "phones.ctm")])
