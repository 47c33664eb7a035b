"""What the server that forks lives imports: a day run here once is a day that every life starts warm from."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

from tests.crash.harness import BEGUN, FIRST, prepare
from tests.crash.life import KEY, Scene, open_app
from tests.fakes import FakeMailer
from yearwheel.clock import VirtualClock
from yearwheel.services.advance import advance

with tempfile.TemporaryDirectory(prefix="yearwheel-crash-") as folder:
    app = open_app(Scene(f"sqlite:///{Path(folder) / 'warm.sqlite'}", 0, BEGUN))
    prepare(app)
    day = datetime.combine(FIRST, time(15), UTC)
    advance(replace(app, clock=VirtualClock(day), open_mailer=FakeMailer), KEY)
    app.database.close()
