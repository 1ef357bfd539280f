"""The Chalice app: its blueprints and nothing else."""

from chalice import Chalice

app = Chalice(app_name="marketplace")
