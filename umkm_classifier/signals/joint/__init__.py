"""Signal ``joint``: one small network that reads title, description and photos together."""

from umkm_classifier.signals.joint.fit import fit_joint
from umkm_classifier.signals.joint.view import JointView

__all__ = ["JointView", "fit_joint"]
