"""`linli demo` with a plugin on: its part of the demo is there, by deeds that the policy allowed."""

from pathlib import Path

from tests.plugins.motto_place import linli, write_config


def test_hook_demo_the_first_community_goes_by_a_motto(motto_site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "var"
    folder.mkdir()
    write_config(folder, f"sqlite:///{folder / 'linli.db'}", "motto")
    done = linli(tmp_path, "demo", "--folder", "var", site=motto_site)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = linli(folder, "motto", "list", site=motto_site)
    assert listed.stdout.split() == ["水洞埭社区", "远亲不如近邻"]
