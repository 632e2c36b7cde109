"""Names that ECAPA-TDNN cannot be built from."""

import pytest

from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS


def test_channels_that_cannot_be_split_are_refused() -> None:
    with pytest.raises(UserError, match="'ecapa_tdnn_c12' has 12 channels; expected a multiple"):
        configure(MODELS, "ecapa_tdnn_c12")
