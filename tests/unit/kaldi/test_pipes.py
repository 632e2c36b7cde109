"""Entries of wav.scp as Kaldi's scripts write them, and as people write them."""

import pytest

from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import AudioFile, Command, Decoded, Resampled, Reverberated
from speakernet.kaldi.pipes import parse_entry


def reverberated(text: str) -> Reverberated:
    node = parse_entry(text)
    assert isinstance(node, Reverberated)
    return node


FILES = {
    "a.wav": AudioFile("a.wav"),
    "dir with spaces/a b.wav": AudioFile("dir with spaces/a b.wav"),
    "corpus/wavs.ark:1234": AudioFile("corpus/wavs.ark", 1234),
    "cat a.wav |": AudioFile("a.wav"),
    "cat 'a b.wav' |": AudioFile("a b.wav"),
    'cat "it\'s.wav" |': AudioFile("it's.wav"),
    r"/bin/cat a\ b.wav |": AudioFile("a b.wav"),
    "cat a#1.wav |": AudioFile("a#1.wav"),
    "wav-copy 'my corpus/x.ark:70' - |": AudioFile("my corpus/x.ark", 70),
    "/kaldi/src/featbin/wav-copy a.wav - |": AudioFile("a.wav"),
    "flac -c -d -s 'a b.flac' |": AudioFile("a b.flac"),
    "/usr/bin/ffmpeg -i a.mp3 -ac 1 -ar 16000 -f wav - |": Decoded(
        "a.mp3", 16000, 1, "/usr/bin/ffmpeg -i a.mp3 -ac 1 -ar 16000 -f wav -"
    ),
}
# What needs more of a shell than quotes, or is not known.
COMMANDS = [
    "cat a.wav b.wav |",
    "cat < a.wav |",
    'cat "$DIR/a.wav" |',
    "cat *.wav |",
    "cat ~/a.wav |",
    "ffmpeg -v 8 -ss 3 -i a.m4a -f wav - |",
    "sph2pipe -f wav -p -c 1 a.sph |",
    "ffmpeg -i a | sox -t wav - -r 16k - |",
    "cat a.wav | tee b.wav |",
    "sox a.wav b.wav |",
    "sox -m a.wav b.wav -t wav - |",
    "wav-copy a.ark:5 - | sox -t wav b.wav -t wav - speed 0.9 |",
    "wav-copy a.ark:5 b.wav |",
    "wav-copy - - |",
]


@pytest.mark.parametrize("text", FILES)
def test_files(text: str) -> None:
    assert parse_entry(text) == FILES[text]


@pytest.mark.parametrize("text", COMMANDS)
def test_commands(text: str) -> None:
    assert parse_entry(text) == Command(text.removesuffix(" |"))


def test_sox_behind_a_place_in_an_archive() -> None:
    text = "wav-copy r/a.ark:12 - | sox -t wav - -t wav - speed 1.1"
    assert parse_entry(f"{text} |") == Resampled(AudioFile("r/a.ark", 12), None, 1.1, text)


def test_sox_behind_a_file_whose_name_would_be_another_thing() -> None:
    text = "cat 'take 10:30' | sox -t wav - -t wav - speed 0.9"
    assert parse_entry(f"{text} |") == Resampled(AudioFile("take 10:30"), None, 0.9, text)


@pytest.mark.parametrize(
    ("text", "sample_rate", "speed"),
    [
        ("sox r/a.wav -r 16000 -t wav - |", 16000, 1.0),
        ("sox -t wav r/a.wav -t wav - speed 0.9 |", None, 0.9),
        ("sox r/a.wav -r 16k -t wav - |", 16000, 1.0),
    ],
)
def test_sox_as_kaldis_scripts_use_it(text: str, sample_rate: int | None, speed: float) -> None:
    expected = Resampled(AudioFile("r/a.wav"), sample_rate, speed, text.removesuffix("|").strip())
    assert parse_entry(text) == expected


def test_reverberation_of_kaldis_script() -> None:
    node = reverberated(
        "cat wav/en-0.wav | wav-reverberate --shift-output=true "
        '--impulse-response="sox rir/r019.wav -r 16000 -t wav - |"  - - |'
    )
    assert node.source == AudioFile("wav/en-0.wav")
    assert isinstance(node.impulse_response, Resampled)
    assert node.impulse_response.file == AudioFile("rir/r019.wav")
    assert node.options.shift_output


def test_foreground_noises_of_kaldis_script() -> None:
    node = reverberated(
        "wav-reverberate --shift-output=true --additive-signals='n/3.wav,n/5.wav' "
        "--start-times='0,6.001' --snrs='5,0' wav/en-0.wav - |"
    )
    assert node.additive_signals == (AudioFile("n/3.wav"), AudioFile("n/5.wav"))
    assert node.start_times == (0.0, 6.001)
    assert node.snrs == (5.0, 0.0)
    assert node.source == AudioFile("wav/en-0.wav")


def test_backgrounds_of_kaldis_script() -> None:
    node = reverberated(
        "ffmpeg -i a.m4a -f wav - | wav-reverberate --shift-output=true --additive-signals='"
        'wav-reverberate --duration=6.5 "s/1 7.wav" - |,wav-reverberate --duration=6.5 '
        "\"cat s/2.wav |\" - |' --start-times='0,0' --snrs='20,15' - - |"
    )
    assert node.source == Decoded("a.m4a", None, None, "ffmpeg -i a.m4a -f wav -")
    first, second = node.additive_signals
    assert isinstance(first, Reverberated)
    assert isinstance(second, Reverberated)
    assert (first.source, first.options.duration) == (AudioFile("s/1 7.wav"), 6.5)
    assert second.source == AudioFile("s/2.wav")


def test_copies_of_copies_nest() -> None:
    node = reverberated(
        'cat a.wav | wav-reverberate --impulse-response="r.wav" - - | '
        "wav-reverberate --additive-signals='n.wav' --start-times='0' --snrs='5' - - |"
    )
    assert isinstance(node.source, Reverberated)
    assert node.source.source == AudioFile("a.wav")
    assert node.source.impulse_response == AudioFile("r.wav")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found nothing"),
        ("| cat", "found a pipe to write to"),
        ("cat 'a.wav |", "a ' is never closed"),
        ('cat "a.wav |', 'a " is never closed'),
        ("cat a.wav | | wav-reverberate - - |", "a command is empty"),
        ("cat a | wav-reverberate --snr=5 - - |", "unknown option --snr (did you mean 'snrs'?)"),
        ("wav-reverberate - - |", "nothing is piped into it"),
        ("cat a | wav-reverberate b.wav - |", "something is piped into it"),
        ("wav-reverberate a.wav b.wav |", "expected an input and '-'"),
        ("wav-reverberate --duration=long a.wav - |", "expected a finite number"),
        (
            "wav-reverberate --additive-signals=a.wav,b.wav --snrs=5 --start-times=0 c.wav - |",
            "found 2 --additive-signals, 1 --snrs and 1 --start-times",
        ),
        (
            "wav-reverberate --additive-signals=a --snrs=x --start-times=0 c - |",
            "--snrs='x'; expected finite numbers",
        ),
        *(
            (f"wav-reverberate --additive-signals=a {options} b - |", "expected")
            for options in (
                "--snrs=-nan --start-times=0",
                "--snrs=3_0 --start-times=0",
                "--snrs=5 --start-times=infinity",
                "--snrs=5 --start-times=-2",
                "--snrs=5 --start-times=1e400",
                "--snrs=5 --start-times=7e200",
                "--snrs=-900 --start-times=0",
                "--snrs=٣ --start-times=0",
            )
        ),
        ("wav-reverberate --duration=1e9 a.wav - |", "expected 0 to 86400 s"),
        ("wav-reverberate --duration=nan a.wav - |", "expected a finite number"),
        ("wav-reverberate --duration=-2 a.wav - |", "wav-reverberate: --duration=-2: expected"),
        ("wav-reverberate --volume=-3 a.wav - |", "expected 0 or more"),
        ("wav-reverberate --rir-channel=-1 a.wav - |", "--rir-channel: expected 0 or more"),
        ("wav-reverberate --multi-channel-output=true a.wav - |", "is not supported"),
    ],
)
def test_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        parse_entry(text, "data/train/wav.scp:7")
    assert str(error.value).startswith("data/train/wav.scp:7: ")
    assert message in str(error.value)


@pytest.mark.parametrize("speed", ["1.1.0", "0.0", "1e3", ".", "١"])
def test_what_is_no_speed_is_left_to_sox(speed: str) -> None:
    """Its failure is that of one recording."""
    text = f"sox a.wav -t wav - speed {speed}"
    assert parse_entry(f"{text} |") == Command(text)


def test_names_end_at_blanks_of_ascii_only() -> None:
    assert parse_entry("\ta b.wav\u00a0 ") == AudioFile("a b.wav\u00a0")
    assert parse_entry("a.ark:٣") == AudioFile("a.ark:٣")
