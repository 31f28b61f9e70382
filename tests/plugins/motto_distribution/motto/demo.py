"""What `linli demo` shows of the plugin: a motto that the first community goes by."""

from linli.demo.filling import Demo


def fill(demo: Demo) -> None:
    """Let a resident propose a motto and the community adopt it."""
    (proposer, *_) = demo.residents(demo.grid)
    place = demo.grid_id(demo.community)
    proposed = demo.do("community_worker", "proposeMotto", grid=place, text="远亲不如近邻", proposer=proposer)
    demo.do("community_worker", "adoptMotto", motto=proposed, version=1)
