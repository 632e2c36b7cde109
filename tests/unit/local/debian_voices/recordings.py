"""Recordings of three test speakers, as package_content describes them."""

from package_content import Recording


def recordings(speaker: str, *sessions: tuple[str, int]) -> list[Recording]:
    return [
        Recording(f"{speaker}-{session}-{number:03d}", speaker, session, 16000 * number)
        for session, count in sessions
        for number in range(1, count + 1)
    ]


TEST = [
    *recordings("a", ("x", 2), ("y", 1)),
    *recordings("b", ("x", 1), ("y", 1)),
    *recordings("c", ("x", 2)),
]
LANGUAGES = {"a": "el", "b": "el", "c": "fr"}
