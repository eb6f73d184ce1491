"""Traces of coded agents: taken, so that no job waits for them, and not kept."""

from fastapi import APIRouter, Request

router = APIRouter(tags=["Traces"])


@router.post("/llmopstenant_/api/Traces/v3/spans")
async def post_spans(request: Request) -> dict[str, str]:
    """Read to its end and dropped: nothing here shows traces."""
    async for _ in request.stream():
        pass
    return {}
