"""Values that JSON Schema can't describe: cursors, which only a list gives out, and time zones."""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "iana-time-zone", st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York"])
)


@schemathesis.hook
def map_query(context, query):
    """Lists are read from their beginning; test/e2e/api-routes.ts has their cursors, good ones and bad ones."""
    return {name: value for name, value in (query or {}).items() if name != "cursor"} or None
