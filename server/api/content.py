"""What anyone may read: the exercises, this installation, and codes to scan."""

import io
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
import segno
from flask import Response

from server import VERSION
from server.api.access import Access
from server.api.problems import ApiProblem
from server.api.routes import Route, flag
from server.compression import Prepared
from server.security import public_root
from server.settings import Settings
from sessions.exercise import Exercise
from sessions.protocol import http

SVG = "image/svg+xml"


class Public:
    """The calls that need no token."""

    def __init__(
        self, access: Access, exercises: Mapping[str, Exercise], settings: Settings
    ) -> None:
        self._access = access
        self._settings = settings
        self._exercises = {
            (exercise.id, panel): _prepared(exercise, panel=panel)
            for exercise in exercises.values()
            for panel in (False, True)
        }

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/exercises/{exercise_id}",
                "An exercise's content, version and hash",
                "anyone",
                self.exercise,
                answer=http.ExerciseContent,
            ),
            Route(
                "GET",
                "/about",
                "Who runs this installation",
                "anyone",
                self.about,
                answer=http.Installation,
            ),
            Route(
                "GET",
                "/join/{join_code}/qr.svg",
                "The join link as a code to scan",
                "anyone with the code",
                self.join_qr,
                answer=str,
                media_type=SVG,
            ),
            Route(
                "GET",
                "/rooms/{code}/qr.svg",
                "The room's link as a code to scan",
                "anyone with the code",
                self.room_qr,
                answer=str,
                media_type=SVG,
            ),
        ]

    def exercise(self, exercise_id: str) -> Response:
        found = self._exercises.get((exercise_id, flag("panel")))
        if found is None:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "there is no such exercise")
        return found.answer()

    def about(self) -> http.Installation:
        settings = self._settings
        return http.Installation(
            VERSION,
            settings.organisation,
            settings.contact,
            settings.privacy_contact,
            settings.retention_days,
            bool(settings.create_key),
        )

    def join_qr(self, join_code: str) -> Response:
        werkplaats = self._access.invited(join_code)
        return self._qr(f"/mee/{werkplaats.join_code}")

    def room_qr(self, code: str) -> Response:
        return self._qr(f"/kamer/{self._access.room(code).code}")

    def _qr(self, path: str) -> Response:
        drawn = io.BytesIO()
        made = segno.make(public_root(self._settings) + path, error="m")
        made.save(drawn, kind="svg", border=2, svgclass=None, lineclass=None, omitsize=True)
        return Response(drawn.getvalue(), content_type=SVG)


def _prepared(exercise: Exercise, *, panel: bool) -> Prepared:
    """The content of an exercise; for a panel without what is only shown beside or after it."""
    content = exercise.content
    if panel:
        content = msgspec.structs.replace(
            content,
            sliders=[
                msgspec.structs.replace(slider, features=[], questions=[], examples=[])
                for slider in content.sliders
            ],
            profiles=[],
            further_reading=[],
            hints=[],
            cards=[],
        )
    whole = http.ExerciseContent(hash=exercise.hash, **msgspec.structs.asdict(content))
    return Prepared(msgspec.json.encode(whole), "application/json")
