"""The Chalice app: its blueprints and nothing else."""

from chalice import Chalice

from chalicelib.api import console
from chalicelib.events import queues, schedules, stream

app = Chalice(app_name="marketplace")

for area in (console, stream, queues, schedules):
    app.register_blueprint(area.bp)
