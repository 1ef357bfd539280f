"""What clients raise."""


class CallFailed(Exception):
    """There is no answer from outside. `code` says why:

    REFUSED_URL (not a URL that may be called), REFUSED_ADDRESS (it leads to an address that may not be),
    UNRESOLVED, UNCONNECTED, TIMED_OUT, TOO_LARGE, BAD_CERTIFICATE, BROKEN_ANSWER, UNHEARD (it was not to be
    heard).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
