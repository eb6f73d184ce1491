"""Whether the service is up, and which version it is; anyone may ask (not OData)."""

from fastapi import APIRouter

from concertmaster import __version__

router = APIRouter(tags=["Status"])


@router.get("/api/Status/Get")
def get() -> dict[str, str]:
    """Up: whoever reads this has been answered."""
    return {"status": "ok"}


@router.get("/api/Status/Version")
def version() -> dict[str, str]:
    """The version of the stand-in."""
    return {"version": __version__}
