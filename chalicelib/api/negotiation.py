"""Which form of an answer a client asks for."""


def prefers(accept: str, media_type: str) -> bool:
    """Whether a client that says what it takes (`Accept`) puts this type first."""
    return accept.split(",", 1)[0].split(";", 1)[0].strip().lower() == media_type
