"""The demo: the real city of Pinghu, and people, bodies and projects that a seeded generator made up."""

from linli.demo.build import DemoReport, build_demo

__all__ = ["DemoReport", "build_demo"]
