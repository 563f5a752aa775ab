"""Small exercises as data files, to build from and to break."""

from collections.abc import Mapping

from sessions import exercise
from sessions.exercise import Exercise

Bands = Mapping[str, tuple[int, int, float]]
"""Per slider the low edge, the high edge and the weight."""

HEAD = """\
id = "proef"
version = "1.0.0"
status = "voorlopig"
method = "profiles"
title = "Proef"
summary = "Een proef."
instruction = "Zet de schuiven."
reading = "Eigen lezing."
credit = "Van ons."

[source]
title = "Bron"
publisher = "Uitgever"
year = 2021
"""


def slider(id: str, *, optional: bool = False) -> str:
    return f"""
[[sliders]]
id = "{id}"
name = "Schuif"
short = "Schuif"
explanation = "Uitleg."
high = "Hoog"
low = "Laag"
high_text = "Hoog."
low_text = "Laag."
features = ["Een kenmerk"]
questions = ["Een vraag?"]
place = "hoofdstuk 1"
optional = {"true" if optional else "false"}
"""


def profile(id: str) -> str:
    return f"""
[[profiles]]
id = "{id}"
name = "Profiel"
short = "profiel"
summary = "Een profiel."
recognise = ["Iets"]
assignment = "Doe iets."
part = "trekker"
attention = ["Let op"]
risk = "Er is een risico."
place = "hoofdstuk 2"
"""


def band(slider: str, low: int, high: int, weight: float = 1.0) -> str:
    return f"""
[[profiles.bands]]
slider = "{slider}"
low = {low}
high = {high}
weight = {weight}
certainty = "gezegd"
place = "hoofdstuk 2"
why = "Daarom."
match = "Zo is het."
"""


def unscored(slider: str) -> str:
    return f"""
[[profiles.unscored]]
slider = "{slider}"
why = "Hangt af."
place = "hoofdstuk 2"
"""


def exercise_of(profiles: Mapping[str, Bands], *, sliders: int) -> Exercise:
    """An exercise with sliders `s1`, `s2`, … and these profiles."""
    ids = [f"s{number}" for number in range(1, sliders + 1)]
    text = HEAD + "".join(slider(id) for id in ids)
    for name, bands in profiles.items():
        text += profile(name)
        text += "".join(band(id, *edges) for id, edges in bands.items())
        text += "".join(unscored(id) for id in ids if id not in bands)
    return exercise.parse(text, "proef.toml")
