"""The conformance run on the command line: `make conformance URL=…`."""
