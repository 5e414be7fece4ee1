"""Values that JSON Schema can't describe: cursors, which only a list gives out, and time zones."""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "iana-time-zone", st.sampled_from(["UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York"])
)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lists are read from their beginning; test/e2e/api-routes.ts has their cursors, good ones and bad ones."""
    if case.query:
        case.query.pop("cursor", None)
