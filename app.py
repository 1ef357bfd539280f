"""The Chalice app: its blueprints and nothing else."""

from chalice import Chalice

from chalicelib.api import feed_body, http
from chalicelib.api.areas import AREAS
from chalicelib.events import queues, schedules, stream
from chalicelib.steps import decisions, offer_steps, supplier_steps

app = Chalice(app_name="marketplace", configure_logs=False)
app.api.binary_types.extend(feed_body.UNTOUCHED)
app.register_middleware(http.frame, "http")

for area in (*AREAS, stream, queues, schedules, supplier_steps, offer_steps, decisions):
    app.register_blueprint(area.bp)
