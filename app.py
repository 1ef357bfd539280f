"""The Chalice app: its blueprints and nothing else."""

from chalice import Chalice

from chalicelib.api import (
    admin,
    cancellations,
    catalogue,
    channel_webhooks,
    channels,
    console,
    corrections,
    docs,
    feed_body,
    fulfilment,
    http,
    imports,
    offers,
    oms,
    order_desk,
    orders,
    reviews,
    rules,
    suppliers,
    webhooks,
)
from chalicelib.events import queues, schedules, stream
from chalicelib.steps import decisions, offer_steps, supplier_steps

app = Chalice(app_name="marketplace", configure_logs=False)
app.api.binary_types.extend(feed_body.UNTOUCHED)
app.register_middleware(http.frame, "http")

for area in (
    suppliers,
    offers,
    imports,
    catalogue,
    orders,
    oms,
    channels,
    cancellations,
    fulfilment,
    order_desk,
    webhooks,
    channel_webhooks,
    corrections,
    reviews,
    rules,
    admin,
    docs,
    console,
):
    app.register_blueprint(area.bp)

for area in (stream, queues, schedules, supplier_steps, offer_steps, decisions):
    app.register_blueprint(area.bp)
