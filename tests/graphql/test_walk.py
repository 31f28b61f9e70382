"""docs/walk.md is what a run prints, so that it cannot say what the code does not do."""

from pathlib import Path

from scripts.render_walk import PAGE, walk


async def test_the_walk_is_what_the_code_does(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == await walk(tmp_path), "run scripts/render_walk.py"
