"""Exercise files: what is refused, with which words, and what the one that ships says."""

import re
from pathlib import Path

import pytest

from sessions import exercise
from sessions.errors import ExerciseError
from tests.rooms import EXERCISES, SLIDERS
from tests.unit.exercise_text import HEAD, band, profile, slider, unscored

GOOD = HEAD + slider("s1") + slider("s2") + profile("p1") + band("s1", 0, 33) + unscored("s2")
HINT = '\n[[hints]]\nid = "h"\ntext = "Tekst."\nplace = "x"\n'
CARD = '\n[[cards]]\nid = "c"\ntitle = "T"\ntext = "Tekst."\nquestion = "Wat?"\nplace = "x"\n'


def test_good_file_is_read() -> None:
    """EX1: the file that all broken ones below are made from is itself in order."""
    found = exercise.parse(GOOD, "proef.toml")
    assert (found.id, found.version, found.scored) == ("proef", "1.0.0", ("s1", "s2"))
    assert [one.id for one in found.profiles] == ["p1"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (GOOD.replace('id = "proef"\n', ""), "id"),
        (GOOD.replace('id = "proef"', 'id = "Proef"'), "id"),
        (GOOD.replace('id = "proef"', 'id = ""'), "id"),
        (GOOD.replace('id = "proef"', f'id = "{"p" * 24}"'), "id"),
        (GOOD.replace('id = "proef"', 'id = "proef\\n"'), "id"),
        (GOOD.replace('id = "proef"', "id = 5"), "id"),
        (GOOD.replace('"1.0.0"', '"1.0"'), "version"),
        (GOOD.replace('"1.0.0"', '"1.0.0-beta"'), "version"),
        (GOOD.replace('"voorlopig"', '"concept"'), "status"),
        (GOOD.replace('method = "profiles"', 'method = "magic"'), "method"),
        (GOOD.replace('title = "Proef"', 'title = ""'), "title"),
        (GOOD.replace('title = "Proef"', f'title = "{"t" * 121}"'), "title"),
        (GOOD.replace('summary = "Een proef."', f'summary = "{"s" * 1001}"'), "summary"),
        (GOOD.replace('credit = "Van ons."\n', ""), "credit"),
        (GOOD.replace("year = 2021", 'year = "2021"'), "source.year"),
        (GOOD.replace("[source]", "[bron]"), "bron"),
        (GOOD.replace('short = "Schuif"', f'short = "{"k" * 15}"', 1), "sliders[0].short"),
        (GOOD.replace("questions =", "vragen =", 1), "vragen"),
        (GOOD.replace("optional = false", 'optional = "no"', 1), "sliders[0].optional"),
        (GOOD.replace("optional = false", "optional = true"), "sliders"),
        (HEAD, "sliders"),
        (GOOD.replace("low = 0", "low = -1"), "low"),
        (GOOD.replace("high = 33", "high = 101"), "high"),
        (GOOD.replace("high = 33", "high = 33.5"), "high"),
        (GOOD.replace("low = 0", "low = 34"), "profiles[p1].bands[s1]"),
        (GOOD.replace("weight = 1.0", "weight = 0.25"), "profiles[p1].bands[s1].weight"),
        (GOOD.replace("weight = 1.0", "weight = 2"), "profiles[p1].bands[s1].weight"),
        (GOOD.replace("weight = 1.0", "weight = 0"), "profiles[p1].bands[s1].weight"),
        (GOOD.replace("weight = 1.0", "weight = nan"), "profiles[p1].bands[s1].weight"),
        (GOOD.replace("weight = 1.0", "weight = true"), "weight"),
        (GOOD.replace('certainty = "gezegd"', 'certainty = "zeker"'), "certainty"),
        (GOOD.replace('certainty = "gezegd"\n', ""), "certainty"),
        (GOOD + profile("p1") + band("s1", 0, 1) + unscored("s2"), "profiles[...].id"),
        (GOOD + slider("s1"), "sliders[...].id"),
        (GOOD + HINT + HINT, "hints[...].id"),
        (GOOD + CARD + CARD, "cards[...].id"),
        (GOOD + band("s2", 0, 1), "profiles[p1].bands"),
        (GOOD + band("s1", 50, 60), "profiles[p1].bands"),
        (GOOD + slider("s3"), "profiles[p1]"),
        (GOOD.replace('slider = "s2"', 'slider = "s9"'), "profiles[p1].bands"),
        (GOOD + slider("x", optional=True) + profile("p2") + band("x", 0, 1), "profiles[p2].bands"),
        (GOOD + "\nextra = 1\n", "extra"),
        (GOOD + "\nextra = \n", ""),
        (GOOD + "[source]\n", ""),
        ("", "id"),
        ("\x00", ""),
    ],
)
def test_broken_file(text: str, key: str) -> None:
    """EX1: a broken file is refused in one line with its name and the key that is wrong."""
    assert text != GOOD
    with pytest.raises(ExerciseError) as caught:
        exercise.parse(text, "proef.toml")
    message = str(caught.value)
    assert message.startswith("proef.toml: ")
    assert key in message
    assert "\n" not in message


def test_ids_are_told() -> None:
    """EX2: the message about a missing slider names the profile and the slider."""
    with pytest.raises(ExerciseError, match=r"profiles\[p1\]` says nothing of s3"):
        exercise.parse(GOOD + slider("s3"), "proef.toml")


def test_half_and_whole_weights() -> None:
    """EX2: a weight is 1 or one half, and is counted in halves."""
    text = GOOD.replace("weight = 1.0", "weight = 0.5") + profile("p2")
    found = exercise.parse(text + band("s1", 0, 0, 1) + band("s2", 100, 100), "proef.toml")
    assert [one.halves for rated in found.profiles for one in rated.bands] == [1, 2, 2]


def test_hash_is_of_the_content() -> None:
    """EX3: comments and layout leave the hash as it is; any change of content does not."""
    same = exercise.parse("# Een opmerking.\n" + GOOD.replace(" = ", "   =  "), "x.toml")
    other = exercise.parse(GOOD.replace("high = 33", "high = 34"), "x.toml")
    text = exercise.parse(GOOD.replace("Een vraag?", "Een vraag!"), "x.toml")
    first = exercise.parse(GOOD, "proef.toml").hash
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert same.hash == first
    assert len({first, other.hash, text.hash}) == 3


LOW, MIDDLE, HIGH, TOP, LOW_MIDDLE = (0, 33), (34, 66), (67, 100), (84, 100), (0, 66)
TABLE: dict[str, tuple[tuple[tuple[int, int], float, str] | None, ...]] = {
    "ontwikkelend": (
        (LOW, 1, "afgeleid"),
        (LOW, 1, "afgeleid"),
        (MIDDLE, 1, "gezegd"),
        (MIDDLE, 1, "gezegd"),
        (LOW_MIDDLE, 0.5, "onzeker"),
    ),
    "participatief": (
        (MIDDLE, 0.5, "gezegd"),
        (LOW, 1, "afgeleid"),
        (HIGH, 1, "gezegd"),
        (LOW, 1, "afgeleid"),
        (HIGH, 1, "afgeleid"),
    ),
    "organisatiegericht": (
        (HIGH, 1, "afgeleid"),
        (HIGH, 1, "gezegd"),
        (LOW, 1, "gezegd"),
        (HIGH, 1, "afgeleid"),
        (LOW_MIDDLE, 0.5, "onzeker"),
    ),
    "toenaderingsgericht": (
        None,
        (LOW, 1, "gezegd"),
        (HIGH, 1, "afgeleid"),
        (HIGH, 1, "gezegd"),
        None,
    ),
    "gekanteld": ((TOP, 1, "gezegd"),) * 5,
}


def test_bands_of_the_slider_exercise() -> None:
    """EX4: zones, weights and certainties are those of the published reading, in its order."""
    found = EXERCISES["schuifoefening"].profiles
    assert [one.id for one in found] == list(TABLE)
    for published in found:
        row = dict(zip(SLIDERS, TABLE[published.id], strict=True))
        bands = {
            one.slider: ((one.low, one.high), one.weight, one.certainty) for one in published.bands
        }
        assert bands == {slider: cell for slider, cell in row.items() if cell is not None}
        assert {one.slider for one in published.unscored} == row.keys() - bands.keys()


def test_panel_of_the_slider_exercise() -> None:
    """SL4: five sliders in the order of the panel, and `wijk` where it was asked for."""
    found = EXERCISES["schuifoefening"]
    assert found.scored == SLIDERS
    assert found.sliders(optional=False) == SLIDERS
    assert found.sliders(optional=True) == (*SLIDERS, "wijk")
    assert [one.id for one in found.content.sliders if one.optional] == ["wijk"]


def test_source_of_the_slider_exercise() -> None:
    """EX4: the source is credited, and the workbook is named as further reading."""
    content = EXERCISES["schuifoefening"].content
    assert content.source.title == "Organisatievormen in het wijkgericht werken"
    assert (content.source.publisher, content.source.year) == ("Platform31", 2021)
    assert content.source.authors == ["Emre Can", "Jetze van der Ham"]
    assert [(one.title, one.year) for one in content.further_reading] == [
        ("Wijkgericht werken: zo doen we dat", 2019)
    ]
    places = [one.place for published in content.profiles for one in published.bands]
    assert len(places) == 23


def test_examples_of_the_slider_exercise() -> None:
    """EX4: the municipalities of the source stand at the end where the source puts them."""
    content = EXERCISES["schuifoefening"].content
    found = {
        (slider.id, one.end, one.municipality, one.year)
        for slider in content.sliders
        for one in slider.examples
    }
    assert found == {
        ("positionering", "low", "Amersfoort", 2021),
        ("proces-gemeente", "low", "Leeuwarden", 2021),
        ("proces-gemeente", "higher", "Oss", 2021),
        ("proces-bewoners", "high", "Nijmegen", 2021),
        ("communicatie", "low", "Nijmegen", 2021),
        ("bestuur", "high", "Den Helder", 2021),
    }


def test_folder(tmp_path: Path) -> None:
    """EX5: every data file of a folder is read, and nothing else."""
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "a.toml").write_text(GOOD.replace('"proef"', '"tweede"'), encoding="utf-8")
    (tmp_path / "readme.md").write_text("Niets.", encoding="utf-8")
    assert list(exercise.load(tmp_path)) == ["tweede", "proef"]


def test_two_files_with_one_id(tmp_path: Path) -> None:
    """EX5: an id that two files claim is refused with the name of the second."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(ExerciseError, match=r"^b\.toml: `id` proef"):
        exercise.load(tmp_path)


def test_empty_folder(tmp_path: Path) -> None:
    """EX5: a folder without exercises is a mistake, not an empty product."""
    with pytest.raises(ExerciseError, match="no exercise file"):
        exercise.load(tmp_path)


def test_missing_folder(tmp_path: Path) -> None:
    """EX5: a folder that is not there is refused in the same way."""
    with pytest.raises(ExerciseError):
        exercise.load(tmp_path / "weg")


@pytest.mark.parametrize("content", [b"\xff\xfe", GOOD.encode("utf-16")])
def test_file_that_is_no_text(tmp_path: Path, content: bytes) -> None:
    """EX5: a file that cannot be read is named."""
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ExerciseError, match=r"^a\.toml: "):
        exercise.load(tmp_path)


def test_folder_with_the_name_of_a_file(tmp_path: Path) -> None:
    """EX5: what cannot be opened as a file is named."""
    (tmp_path / "a.toml").mkdir()
    with pytest.raises(ExerciseError, match=r"^a\.toml: "):
        exercise.load(tmp_path)
