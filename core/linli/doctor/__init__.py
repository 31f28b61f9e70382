"""What is unsafe or missing in a deployment, each finding with its mend."""

from linli.doctor.advice import Advice
from linli.doctor.examine import examine

__all__ = ["Advice", "examine"]
