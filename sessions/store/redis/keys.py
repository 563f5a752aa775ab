"""What stands where in Redis. The part in braces decides on which node of a cluster.

| key | what |
| --- | --- |
| `mp:{form}` | the version of the stored form |
| `mp:{ends}` | zset: werkplaats -> the moment (ms) at which somebody must look whether it ends |
| `mp:werkplaats:{ID}` | string: the record of a werkplaats; also the name of its channel |
| `mp:join:{CODE}` | string: the id of the werkplaats that a join code invites to |
| `mp:room:{CODE}` | hash: a room's fields as JSON, `#seq`, `#of`; also its channel's name |
| `mp:room:{CODE}:WORKER` | no key: a channel of who listens to the room (see apply.lua) |
| `mp:room:{CODE}:history` `:rows` | the history of a room: order and rows (see apply.lua) |
| `mp:room:{CODE}:writers` | the number of each worker's last batch, for an hour |
| `mp:room:{CODE}:online` | who is online where, as leases |
"""

from functools import lru_cache

FORM = "mp:{form}"
ENDS = "mp:{ends}"
SEQ = "#seq"
"""The field of a room's hash that holds its number; no field of a room begins with `#`."""
OF = "#of"
"""The field that holds the id of the werkplaats whose room it is."""


def werkplaats(werkplaats_id: str) -> str:
    return f"mp:werkplaats:{{{werkplaats_id}}}"


def join(code: str) -> str:
    return f"mp:join:{{{code}}}"


def room(code: str) -> str:
    return f"mp:room:{{{code}}}"


def history(code: str) -> str:
    return f"mp:room:{{{code}}}:history"


def rows(code: str) -> str:
    return f"mp:room:{{{code}}}:rows"


def writers(code: str) -> str:
    return f"mp:room:{{{code}}}:writers"


def online(code: str) -> str:
    return f"mp:room:{{{code}}}:online"


@lru_cache(4096)
def batch(code: str) -> tuple[str, str, str, str]:
    """The keys of a room that a batch is applied to."""
    return room(code), history(code), rows(code), writers(code)


def inside(key: str) -> str:
    """The code or id in the braces of a key."""
    return key.partition("{")[2].partition("}")[0]
