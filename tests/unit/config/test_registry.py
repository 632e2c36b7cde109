import pytest

from speakernet.config import Registry, UserError


def test_registry_suggests_and_refuses_duplicates() -> None:
    registry = Registry[int]("loss")
    registry.register("cm")(1)
    registry.register("sc_cm")(2)
    assert registry.get("cm") == 1
    assert registry.names() == ["cm", "sc_cm"]
    with pytest.raises(UserError, match="unknown loss 'sccm' .did you mean 'sc_cm'"):
        registry.get("sccm")
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("cm")
