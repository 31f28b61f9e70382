"""Pinghu: three tiers of friendly neighbours, and points for certified social workers."""

from linli.demo.filling import Demo
from linli.plugins import hookimpl

from . import demo as example


@hookimpl
def linli_demo(demo: Demo) -> None:
    example.fill(demo)
