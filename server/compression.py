"""Bodies that never change, compressed once: which coding a request reads, and the answer in it."""

import gzip
from collections.abc import Iterable

from flask import Response, request


def best_coding(codings: Iterable[str]) -> str | None:
    """The coding that the request likes best, of several equals the first; None for as it is."""
    wanted = request.accept_encodings
    liked = [coding for coding in codings if wanted.quality(coding) > 0]
    return max(liked, key=wanted.quality, default=None)


class Prepared:
    """A body as it is, and in gzip."""

    def __init__(self, body: bytes, content_type: str) -> None:
        self._bodies = {None: body, "gzip": gzip.compress(body, mtime=0)}
        self._content_type = content_type

    def answer(self) -> Response:
        """The body in what the request reads. Secrets have no place in it: its size tells."""
        coding = best_coding(["gzip"])
        answer = Response(self._bodies[coding], content_type=self._content_type)
        answer.vary.add("Accept-Encoding")
        if coding:
            answer.content_encoding = coding
        return answer
