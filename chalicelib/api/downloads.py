"""Files as answers: a small one as it is, a large one by a link to it."""

from chalicelib.api.answers import Answer
from chalicelib.services.failed_rows import File


def download(file: File) -> Answer:
    if file.text is None:
        return Answer(303, headers={"Location": file.link or ""})
    shown = {
        "Content-Type": f"{file.media_type}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    return Answer(200, file.text, headers=shown)
