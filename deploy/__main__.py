"""`python -m deploy STAGE`: see deploy.py."""

from deploy.deploy import main

main()
