"""The official table of divisions, province to community, with the committees that its last level names."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, literal, select, update

from linli.clock import now
from linli.database.database import Database
from linli.database.sql import any_of
from linli.importing.bulk import batches, bulk_insert, new_ids
from linli.importing.counts import add_counts, insert_counts
from linli.importing.divisions import Divisions, read_divisions
from linli.importing.faults import Fault, FaultLog, Progress, quiet
from linli.importing.grid_rows import COMMITTEE_COLUMNS, GRID_COLUMNS, Described, Place, describe
